#include "backend_openvino/read_by.h"

#include <openvino/frontend/manager.hpp>
#include <utility>

namespace namesake::openvino {

std::shared_ptr<ov::Model> ReadBy(const std::string& framework, ov::AnyVector what) {
  ov::frontend::FrontEndManager manager;
  const auto reader = manager.load_by_framework(framework);
  // The last argument makes the reader map weights instead of reading them.
  what.emplace_back(true);
  if (!reader->supported(what)) return nullptr;
  const auto input = reader->load(what);
  return input ? reader->convert(input) : nullptr;
}

}  // namespace namesake::openvino
