// Reads a model with one of OpenVINO's readers, chosen by name.
#ifndef NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
#define NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_

#include <cstdint>
#include <memory>
#include <openvino/core/any.hpp>
#include <openvino/core/model.hpp>
#include <string>

namespace namesake::openvino {

// Lists OpenVINO's readers, without loading one, unless that has been done. Thread-safe. Throws
// OpenVINO's exceptions.
void FindReaders();

// How a reader gets the weights of a model at a path.
enum class Weights : std::uint8_t {
  kMapped,  // Never copied, if no operation needs them in another order.
  kRead,    // No file stays open: a mapping of OpenVINO's keeps its descriptor.
};

// Chooses by the model's size: a process may have few descriptors and many small models.
constexpr Weights WeightsFor(std::uint64_t model_bytes) {
  constexpr std::uint64_t kSmall = std::uint64_t{4} << 20;
  return model_bytes <= kSmall ? Weights::kRead : Weights::kMapped;
}

// `what` is the reader's input: a path or a std::istream*, and what belongs to it. Returns null if
// the reader does not accept it. Throws OpenVINO's exceptions.
//
// Core::read_model would ask all of its readers, load their libraries (50 to 80 ms for anything
// other than IR), and use whichever accepts the bytes, whatever encoding they were given as.
std::shared_ptr<ov::Model> ReadBy(const std::string& framework, ov::AnyVector what,
                                  Weights weights);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
