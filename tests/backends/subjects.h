// The backends under test, and their models.
//
// A test of the suite runs for every backend, encoding and isolation, and holds a backend to what
// it declares: what it claims must work, and what it does not claim must be refused or be as the
// test says.
#ifndef NAMESAKE_TESTS_BACKENDS_SUBJECTS_H_
#define NAMESAKE_TESTS_BACKENDS_SUBJECTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/worker.h"

namespace namesake::backends {

// One backend in one isolation. It is made once, and serves all tests but those that need one of
// their own.
struct Subject {
  std::string name;
  Encoding encoding{};
  Isolation isolation{};
  std::function<std::unique_ptr<Backend>()> make;
  // The program of its workers; empty in this process.
  std::optional<BackendProgram> program{};
};

// All of them, in a fixed order.
const std::vector<Subject>& Subjects();

// "openvino_onnx_tenant".
std::string SubjectName(const Subject& subject);
inline void PrintTo(const Subject& subject, std::ostream* stream) {
  *stream << SubjectName(subject);
}

// The purposes of tiny models.
enum class Purpose : std::uint8_t {
  kPlain,      // One input and one output of f32 and fixed shape.
  kScalar,     // f32 without dimensions to the same, or to its negative.
  kDynamic,    // f32 [?,3] to the same.
  kTwo,        // The sum and the difference of two inputs of f32 [2,2].
  kPassed,     // f32 [4] as it is, and its negative.
  kRepeated,   // The negative of f32 [4], twice; a reader may take it for one output.
  kTotal,      // The sums of the columns of f32 [?,3], which has rows or none.
  kDoubleI64,  // Twice an i64 [2].
  kDoubleF64,  // Twice an f64 [2].
  kState,      // f32 [1]: the sum of the inputs so far, of which the first counts twice.
  kSlow,       // An inference of f32 on a batch of 16 takes far longer than a millisecond.
};

// Returns the subject's model for the purpose; empty if its encoding has none.
std::optional<Model> ModelFor(const Subject& subject, Purpose purpose);
// Returns models that give the bytes of their input x, of the type and the shape [2,1,3], as their
// output y of the shape [2,3]: one for each form of the encoding.
std::vector<Model> SameBytes(const Subject& subject, ElementType type);

// An input of kPlain and its right output.
struct Sample {
  std::vector<std::uint64_t> dims;
  std::vector<float> input;
  std::vector<float> output;
};
Sample PlainSample(const Subject& subject);

}  // namespace namesake::backends

#endif  // NAMESAKE_TESTS_BACKENDS_SUBJECTS_H_
