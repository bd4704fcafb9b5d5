#include "backend_onnxruntime/empty_inputs.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace namesake::onnxruntime {
namespace {

// Found in ONNX Runtime 1.31 by memory that was filled with a pattern before.
constexpr auto kFailOnNothing = std::to_array<std::string_view>({
    "Attention",
    "ConvInteger",
    "GRU",
    "LSTM",
    "MatMulInteger",
    "QLinearConv",
    "QLinearMatMul",
    "RNN",
    "Scan",
});

// Operations of other domains, such as com.microsoft's, were not all tried, and some do so.
bool FailsOnNothing(const std::string& operation) {
  return std::ranges::find(kFailOnNothing, operation) != kFailOnNothing.end() ||
         operation.contains('.');
}

}  // namespace

bool MayBeEmpty(const graph::OnnxOutline& outline) {
  return !outline.is_cut_off && std::ranges::none_of(outline.operations, FailsOnNothing);
}

}  // namespace namesake::onnxruntime
