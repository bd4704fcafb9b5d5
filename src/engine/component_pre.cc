#include <namesake_components.h>

#include <wasmtime.hh>

#include "base/fail.h"
#include "namesake/wasmtime.h"

namespace namesake {

Result<ComponentPre> ComponentPre::Make(const wasmtime_component_linker_t* linker,
                                        const wasmtime_component_t* component) {
  NamesakeComponentPre* pre = nullptr;
  if (auto* error = namesake_component_pre_new(linker, component, &pre)) {
    return base::Fail(ErrorCode::kInvalidArgument, "{}", wasmtime::Error(error).message());
  }
  return ComponentPre(pre);
}

wasmtime_error* ComponentPre::Instantiate(wasmtime_context* store,
                                          wasmtime_component_instance* instance) const {
  return namesake_component_pre_instantiate(pre_.get(), store, instance);
}

void ComponentPre::Delete::operator()(NamesakeComponentPre* pre) const {
  namesake_component_pre_delete(pre);
}

}  // namespace namesake
