#include "backend_openvino/read_by.h"

#include <openvino/frontend/manager.hpp>
#include <utility>

namespace namesake::openvino {
namespace {

// One for the process, since a new one lists the library's folder again. Never destroyed: a thread
// may read a model while the process exits.
ov::frontend::FrontEndManager& Readers() {
  static auto& readers = *new ov::frontend::FrontEndManager;
  return readers;
}

}  // namespace

void FindReaders() { Readers(); }

std::shared_ptr<ov::Model> ReadBy(const std::string& framework, ov::AnyVector what,
                                  Weights weights) {
  const auto reader = Readers().load_by_framework(framework);
  // The last argument makes the reader map weights instead of reading them.
  what.emplace_back(weights == Weights::kMapped);
  if (!reader->supported(what)) return nullptr;
  const auto input = reader->load(what);
  return input ? reader->convert(input) : nullptr;
}

}  // namespace namesake::openvino
