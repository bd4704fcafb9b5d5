// Makes ONNX Runtime's error messages readable.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_TEXT_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_TEXT_H_

#include <string>
#include <string_view>

namespace namesake::onnxruntime {

// An error of ONNX Runtime's, as two clauses of one printable line each.
struct Fault {
  // Names the operation that is to blame, in our own words; empty if no single one is.
  std::string clause{};
  // ONNX Runtime's words, without places in its source files and without what the clause says.
  std::string words{};
  bool is_out_of_memory = false;

  friend bool operator==(const Fault&, const Fault&) = default;
};

Fault ReadFault(std::string_view what);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_TEXT_H_
