// Extracts those parts of an ONNX model that explain why a reader refuses it.
#ifndef NAMESAKE_GRAPH_ONNX_OUTLINE_H_
#define NAMESAKE_GRAPH_ONNX_OUTLINE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/error.h"

namespace namesake::graph {

struct OnnxOutline {
  // An input or output of the graph that is not a tensor of numbers.
  struct Port {
    std::string_view direction;  // "input" or "output"
    std::string_view kind;       // Such as "a sequence of maps".
    std::string name;
  };

  // As nodes name them, such as "pkg.local.Double".
  std::vector<std::string> functions{};
  std::vector<Port> ports{};
  // Inputs and outputs of the graph that are tensors of numbers without a shape, so of any rank.
  std::vector<std::string> unranked{};
  // The operations of all nodes, those in subgraphs and functions included, each once: such as
  // "LSTM", and "com.microsoft.Gelu" for one of another domain than ONNX's own.
  std::vector<std::string> operations{};
  // Whether nodes may have been left out: too many operations, or too deep.
  bool is_cut_off = false;
};

// The most entries in each list, and the longest name. Longer names of functions are left out;
// longer names of ports are cut off.
inline constexpr std::size_t kMaxOnnxOutlined = 4096;
inline constexpr std::size_t kMaxOnnxNameBytes = 256;

// Stops at the first malformed part. Does not read the values of tensors.
OnnxOutline OutlineOnnx(std::span<const std::byte> model);

// Refuses a model because of one of its outline's ports: unsupported, with the remedy.
Error UnusablePort(const Wording& model, const OnnxOutline::Port& port);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ONNX_OUTLINE_H_
