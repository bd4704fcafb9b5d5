#include "backend_openvino/description.h"

#include "graph/wire.h"

namespace namesake::openvino {

std::string Encode(const Description& description) {
  graph::Writer writer;
  graph::Put(description.inputs, writer);
  graph::Put(description.outputs, writer);
  writer.Number(description.state_bytes);
  const auto bytes = writer.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Description> Decode(std::span<const std::byte> bytes) {
  graph::Reader reader(bytes);
  Description description;
  description.inputs = graph::TakeTensorInfos(reader);
  description.outputs = graph::TakeTensorInfos(reader);
  description.state_bytes = reader.Number();
  if (!reader.Ended()) return std::nullopt;
  return description;
}

}  // namespace namesake::openvino
