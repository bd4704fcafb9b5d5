// Writes ONNX models by hand, as Protocol Buffers messages, as far as tests need them.
#ifndef NAMESAKE_TESTS_SUPPORT_ONNX_BYTES_H_
#define NAMESAKE_TESTS_SUPPORT_ONNX_BYTES_H_

#include <cstddef>
#include <string>
#include <vector>

namespace namesake::test {

// One field that holds text, bytes or a message.
inline std::string Field(unsigned number, const std::string& payload) {
  std::string length;
  for (std::size_t rest = payload.size(); true; rest >>= 7) {
    length += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
    if (rest <= 0x7F) break;
  }
  std::string tag;
  const unsigned value = number << 3 | 2;
  if (value > 0x7F) tag += static_cast<char>((value & 0x7F) | 0x80);
  tag += static_cast<char>(value > 0x7F ? value >> 7 : value);
  return tag + length + payload;
}

// A tensor whose values are stored in a file.
inline std::string ExternalTensor(const std::string& location) {
  return Field(13, Field(1, "location") + Field(2, location));
}

// A model whose tensors are stored in these files.
inline std::string OnnxWith(const std::vector<std::string>& locations) {
  std::string tensors;
  for (const std::string& location : locations) tensors += Field(5, ExternalTensor(location));
  return Field(7, tensors);
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_ONNX_BYTES_H_
