// The messages between a host and its workers.
//
// A worker has several connections to its host. On each, the host calls and the worker answers: one
// call at a time, so that a call waits for nobody else's. The first connection also takes messages
// without an answer. While a model loads, the worker asks for its files, by calls in the other
// direction on the same connection.
//
// The bytes are the same on both sides of one build. A host and a program of two builds find that
// out when they greet each other (kVersion), and do not go on.
#ifndef NAMESAKE_PROTOCOL_MESSAGES_H_
#define NAMESAKE_PROTOCOL_MESSAGES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namesake/backend.h"
#include "namesake/capabilities.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/tensor.h"
#include "protocol/wire.h"

namespace namesake::protocol {

// Changes whenever a message does.
inline constexpr std::uint64_t kVersion = 5;

// The descriptors that a program is started with, besides standard input, output and error.
inline constexpr int kFirstConnection = 3;
inline constexpr int kKeeperConnection = 4;
inline constexpr int kFirstUnused = 5;

enum class Kind : std::uint8_t {
  // The host's calls, and their answers. Each may be answered by kFailed.
  kStart,         // answered by kStarted, once the worker has locked itself in
  kIdentify,      // by kIdentified
  kCheckOptions,  // by kOptionProblems
  kCheckTarget,   // by kDone
  kDevices,       // by kDeviceList
  kLoad,          // by kLoaded
  kAddSlabs,      // by kDone
  kCompute,       // by kComputed
  kReadOutput,    // by kDone
  // The host's messages on the first connection, without an answer.
  kPrepare,  // the very first; whether it could be done is the answer to kStart
  kOpenConnection,
  kDrop,
  // Answers.
  kStarted,
  kIdentified,
  kOptionProblems,
  kDeviceList,
  kLoaded,
  kComputed,
  kDone,
  kFailed,
  // A worker's calls while it loads a model, and the host's answer.
  kOpenFile,
  kOpenLibrary,
  kOpened,
  // Reports to the host by the process that keeps a worker.
  kKept,
  kStopped,
  kEnded,
};
inline constexpr std::uint32_t kKindCount = 26;

// Tells a worker to confine itself and to warm up, before it has a user.
struct Prepare {
  std::uint64_t version = kVersion;
  bool best_effort = false;
  // Paths of devices and of what their drivers read.
  std::vector<std::string> devices{};
  bool debug_log = false;
  // The most threads on which it should compute.
  std::uint64_t threads = 1;
};

// That the worker is somebody's from now on.
struct Start {
  // The most private memory, in bytes, as RLIMIT_DATA; empty for no limit.
  std::optional<std::uint64_t> max_memory_bytes{};
};

struct Started {
  std::uint64_t version = 0;
  std::string backend{};
  std::string library_version{};
  std::vector<Encoding> encodings{};
  Capabilities capabilities{};
  // Folders with the library's own files, which the host opens for the worker.
  std::vector<std::string> library_folders{};
  // The parts of the sandbox that this kernel lacks.
  std::vector<std::string> missing{};
};

// A model without its bytes.
struct ModelHead {
  Encoding encoding{};
  Target target{};
  Origin origin{};
  BackendOptions options{};
  Wording name = "";
};

// A file of a model, by the name under which the worker opens it, and what stat(2) says.
struct File {
  std::string name{};
  std::uint64_t bytes = 0;
  bool is_directory = false;
};

struct Load {
  std::uint64_t graph = 0;
  ModelHead model{};
  // The first is the model; companions follow it, and what a directory contains.
  std::vector<File> files{};
  std::uint64_t companions = 0;
  std::uint64_t bytes = 0;
  bool warm_up = false;
  // Descriptors come with the message, in this order.
  bool has_compiled = false;
  std::uint64_t compiled_offset = 0;
  std::array<std::uint64_t, 2> compiled_checksum{};
  bool wants_compiled = false;
  Deadline deadline = Deadline::Never();
};

// Whether the compiled form that came with the call was used.
enum class CompiledUse : std::uint8_t { kNone, kUsed, kDiscarded };

struct Loaded {
  std::vector<TensorInfo> inputs{};
  std::vector<TensorInfo> outputs{};
  std::uint64_t context_bytes = 0;
  std::vector<std::string> notes{};
  bool keeps_state = false;
  std::uint64_t threads = 1;
  CompiledUse compiled = CompiledUse::kNone;
  std::string discarded_because{};
  // The bytes that the worker has written to the descriptor for a compiled form; 0 for none, and
  // then why, if there should have been any.
  std::uint64_t compiled_bytes = 0;
  std::string not_kept_because{};
};

// A piece of a slab.
struct Piece {
  std::uint64_t slab = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct InputPiece {
  Piece piece{};
  ElementType type{};
  std::vector<std::uint64_t> dims{};
};

struct Compute {
  std::uint64_t graph = 0;
  std::uint64_t context = 0;
  Deadline deadline = Deadline::Never();
  // The processor on which the answering thread waits for its next message; empty for any.
  std::optional<std::uint64_t> processor{};
  std::vector<InputPiece> inputs{};
  // Where each output may be written; of 0 bytes for nowhere.
  std::vector<Piece> outputs{};
};

struct ComputedOutput {
  std::vector<std::uint64_t> dims{};
  std::uint64_t bytes = 0;
  // Whether it lies in the piece that the call gave; if not, the piece is too small.
  bool is_placed = false;
};

struct Slab {
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
  bool writable = false;
};

// Something that the host no longer needs.
enum class Dropped : std::uint8_t { kContext, kGraph, kSlab };

struct Drop {
  Dropped what{};
  std::uint64_t id = 0;
};

struct ReadOutput {
  std::uint64_t context = 0;
  std::uint64_t output = 0;
  Piece to{};
};

// How a worker ended: an exit status, or a signal.
struct Ended {
  bool by_signal = false;
  std::uint64_t status = 0;
};

// Each has a `Put` and a `Take`. A `Take` of bytes that are no such message leaves the
// reader failed.
void Put(const Prepare& prepare, Writer& to);
void Put(const Start& start, Writer& to);
void Put(const Started& started, Writer& to);
void Put(const ModelHead& model, Writer& to);
void Put(const Load& load, Writer& to);
void Put(const Loaded& loaded, Writer& to);
void Put(const Compute& compute, Writer& to);
void Put(const std::vector<ComputedOutput>& outputs, Writer& to);
void Put(const std::vector<Slab>& slabs, Writer& to);
void Put(std::span<const Drop> drops, Writer& to);
void Put(const ReadOutput& read, Writer& to);
void Put(const Ended& ended, Writer& to);
void Put(const FormIdentity& identity, Writer& to);
void Put(const std::vector<OptionProblem>& problems, Writer& to);
void Put(const std::vector<Device>& devices, Writer& to);

void Take(Reader& from, Prepare& prepare);
void Take(Reader& from, Start& start);
void Take(Reader& from, Started& started);
void Take(Reader& from, ModelHead& model);
void Take(Reader& from, Load& load);
void Take(Reader& from, Loaded& loaded);
void Take(Reader& from, Compute& compute);
void Take(Reader& from, std::vector<ComputedOutput>& outputs);
void Take(Reader& from, std::vector<Slab>& slabs);
void Take(Reader& from, std::vector<Drop>& drops);
void Take(Reader& from, ReadOutput& read);
void Take(Reader& from, Ended& ended);
void Take(Reader& from, FormIdentity& identity);
void Take(Reader& from, std::vector<OptionProblem>& problems);
void Take(Reader& from, std::vector<Device>& devices);

// Reads a whole body; empty if it is anything else.
template <typename T>
std::optional<T> Read(std::span<const std::byte> body) {
  Reader reader(body);
  T value{};
  Take(reader, value);
  if (!reader.Ended()) return std::nullopt;
  return value;
}

}  // namespace namesake::protocol

#endif  // NAMESAKE_PROTOCOL_MESSAGES_H_
