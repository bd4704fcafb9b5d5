// The functions of wasi:nn and namesake:nn that the crate in rust/ calls. Each makes a guest's call
// on the guest's view, and returns its answer as the number of a resource. They serve all versions.
#ifndef NAMESAKE_WASI_NN_WIT_CALLS_H_
#define NAMESAKE_WASI_NN_WIT_CALLS_H_

#include <namesake_components.h>

#include "namesake/view.h"

namespace namesake::wasi_nn::wit {

// To be called on the view's thread, which is the guest's. None throws.
const NamesakeWasiNn& Calls();

inline NamesakeView* ToC(View& view) { return reinterpret_cast<NamesakeView*>(&view); }
inline View& FromC(NamesakeView* view) { return *reinterpret_cast<View*>(view); }

}  // namespace namesake::wasi_nn::wit

#endif  // NAMESAKE_WASI_NN_WIT_CALLS_H_
