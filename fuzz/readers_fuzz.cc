// Feeds models to OpenVINO's own readers, the way guests and operators give them. What our checks
// accept is read in a forked child. The child may open the files that the checks listed and no
// others, and may touch no address that the model chose. A reader that crashes or hangs is counted
// and passed over: its faults are the vendor's.
//
// An input is three bytes, the model, and the weights:
//   encoding   an index into kDeclared
//   form       an index into kForms
//   weights    the size of the second part, at the input's end; ignored for a form without one
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <openvino/core/version.hpp>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/constant.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backend_openvino/model_reader.h"
#include "base/fail.h"
#include "graph/detect.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "readers_watch.h"
#include "require.h"

namespace namesake::fuzz {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::byte>;

constexpr std::array kDeclared = {Encoding::kAutodetect, Encoding::kOpenVino, Encoding::kOnnx,
                                  Encoding::kTensorFlow, Encoding::kTensorFlowLite};

// By bytes, or the name of the file or directory that the model is written to.
struct Form {
  std::string_view name;
  bool has_weights;
};

constexpr std::string_view kByBytes = "";
constexpr std::string_view kSavedModel = "saved";
constexpr std::array kForms = {
    Form{.name = kByBytes, .has_weights = false},
    Form{.name = kByBytes, .has_weights = true},
    Form{.name = "model.xml", .has_weights = false},
    Form{.name = "model.xml", .has_weights = true},
    Form{.name = "model.onnx", .has_weights = false},
    Form{.name = "model.pb", .has_weights = false},
    Form{.name = "model.tflite", .has_weights = false},
    Form{.name = "model", .has_weights = false},
    Form{.name = kSavedModel, .has_weights = true},
};

struct Input {
  Encoding declared;
  Form form;
  Bytes model;
  Bytes weights;
};

constexpr std::size_t kHeader = 3;

Input Parse(Bytes data) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(data[i]); };
  Input input{.declared = kDeclared[at(0) % kDeclared.size()],
              .form = kForms[at(1) % kForms.size()],
              .model = data.subspan(kHeader),
              .weights = {}};
  if (!input.form.has_weights) return input;
  const std::size_t size = std::min(at(2), input.model.size());
  input.weights = input.model.last(size);
  input.model = input.model.first(input.model.size() - size);
  return input;
}

void Write(const fs::path& file, Bytes content) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  Require(stream.good(), "a file can be written");
}

Blob MakeBlob(Bytes bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

// The folders that a child sees: the model's, its working directory, and one for temporary files.
// All but the last hold files that no model may reach unless it lists them.
class Folders {
 public:
  Folders() {
    std::string pattern = fs::canonical(fs::temp_directory_path()) / "namesake-readers-XXXXXX";
    Require(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
    root_ = pattern;
    for (const fs::path& folder : {root_, model(), working()}) {
      // The last one makes OpenVINO's mark of an address the name of a file that exists.
      for (const char* name : {".bin", "model.bin", "secret.key", "weights", "saved_model.pb",
                               "variables/variables.index",
                               "variables/variables.data-00000-of-00001", "*/_ORT_MEM_ADDR_/*"}) {
        fs::create_directories((folder / name).parent_path());
        Write(folder / name, std::as_bytes(std::span(kSecret)));
      }
    }
    fs::create_directory(temporary());
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  ~Folders() { Remove(); }

  void Remove() const {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  fs::path model() const { return root_ / "model"; }
  fs::path working() const { return root_ / "working"; }
  fs::path temporary() const { return root_ / "temporary"; }

  // Removes the input's files, and what a crashed child left behind.
  void Clear(const Input& input) const {
    for (const auto& entry : fs::directory_iterator(temporary())) fs::remove_all(entry.path());
    if (input.form.name != kByBytes) fs::remove_all(model() / input.form.name);
    fs::remove(model() / kGivenWeights);
  }

  // Writes the input's files and returns the paths to give.
  ModelFiles Give(const Input& input) const {
    const fs::path path = model() / input.form.name;
    if (input.form.name == kSavedModel) {
      fs::create_directories(path / "variables");
      Write(path / "saved_model.pb", input.model);
      if (!input.weights.empty()) Write(path / "variables/variables.index", input.weights);
      return {.paths = {path}};
    }
    Write(path, input.model);
    if (!input.form.has_weights) return {.paths = {path}};
    const fs::path weights = model() / kGivenWeights;
    Write(weights, input.weights);
    return {.paths = {path, weights}};
  }

 private:
  static constexpr std::string_view kGivenWeights = "given.bin";
  static constexpr std::array<char, 64> kSecret = {'K', 'E', 'Y'};

  fs::path root_;
};

Model Given(const Input& input, const Folders& folders) {
  Model model{.encoding = input.declared, .source = {}, .options = {}};
  if (input.form.name != kByBytes) {
    model.source = folders.Give(input);
    return model;
  }
  ModelBytes bytes;
  bytes.parts.push_back(MakeBlob(input.model));
  if (input.form.has_weights) bytes.parts.push_back(MakeBlob(input.weights));
  model.source = std::move(bytes);
  return model;
}

// Runs every check between a given model and a reader.
Result<ModelLayout> Check(const Model& given) {
  auto model = graph::ResolveEncoding(given);
  if (!model) return base::Fail(model);
  if (std::ranges::find(kDeclared, model->encoding) == kDeclared.end()) {
    return base::Fail(ErrorCode::kInvalidEncoding, "OpenVINO has no reader of it here");
  }
  return CheckLayout(*model);
}

class Rules {
 public:
  Rules(const ModelLayout& layout, const Folders& folders, const fs::path& libraries)
      : temporary_(folders.temporary()), libraries_(libraries) {
    const auto* const parts = std::get_if<ModelLayout::Files>(&layout.parts);
    if (parts == nullptr) return;
    files_ = parts->companions;
    files_.push_back(parts->model);
    for (fs::path& file : files_) file = fs::canonical(file);
    // A SavedModel.
    if (fs::is_directory(files_.back())) directory_ = files_.back();
  }

  bool MayOpen(const fs::path& file, OpenMode mode) const {
    if (LiesIn(file, temporary_)) return true;
    if (mode == OpenMode::kWrite) return file == "/dev/null";
    // Weights given as bytes.
    if (file.native().starts_with("/memfd:")) return true;
    if (LiesIn(file, libraries_) || file == "/dev/null") return true;
    return std::ranges::find(files_, file) != files_.end() ||
           (!directory_.empty() && LiesIn(file, directory_));
  }

 private:
  fs::path temporary_;
  fs::path libraries_;
  std::vector<fs::path> files_;
  fs::path directory_;
};

// Reads every constant: a reader may refer to values instead of copying them.
void Touch(const ov::Model& model) {
  for (const auto& operation : model.get_ops()) {
    const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(operation);
    if (!constant || constant->get_element_type() == ov::element::string) continue;
    const auto* const data = static_cast<const volatile char*>(constant->get_data_ptr());
    for (std::size_t i = 0; i < constant->get_byte_size(); ++i) static_cast<void>(data[i]);
  }
}

// Counted by the fuzzer like edges reached in our own code.
constexpr std::size_t kSignals = 1024;
[[gnu::section("__libfuzzer_extra_counters")]] std::array<std::uint8_t, kSignals> g_signals;

// Lets the fuzzer see how far a reader came. OpenVINO's code has no counters, but its messages tell
// refusals apart, and operations tell models apart.
class Signals {
 public:
  Signals()
      : shared_(static_cast<std::uint8_t*>(
            ::mmap(nullptr, kSignals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    Require(shared_ != MAP_FAILED, "memory can be shared with a child");
  }

  // In a child.
  void Add(std::string_view text) {
    std::size_t hash = 0;
    for (const char c : text) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (letter) hash = hash * 31 + static_cast<unsigned char>(c);
    }
    shared_[hash % kSignals] = 1;
  }

  // In the parent, when the child has ended.
  void Take() {
    std::copy_n(shared_, kSignals, g_signals.begin());
    std::fill_n(shared_, kSignals, std::uint8_t{0});
  }

 private:
  std::uint8_t* const shared_;
};

void AddSignals(const Result<std::shared_ptr<ov::Model>>& model, Signals& signals) {
  if (model) {
    for (const auto& operation : (*model)->get_ops()) signals.Add(operation->get_type_name());
    return;
  }
  // Skips the model's name.
  const std::string& message = model.error().detail();
  signals.Add(std::string_view(message).substr(std::min(message.size(), message.find(": "))));
}

// Inputs by Ending.
using Counts = std::array<std::size_t, 4>;

class Target {
 public:
  Target() {
    Dl_info library{};
    Require(::dladdr(reinterpret_cast<const void*>(&ov::get_openvino_version), &library) != 0,
            "OpenVINO is a library");
    libraries_ = fs::canonical(library.dli_fname).parent_path();
    // Loaded here once, so that children open nothing but what their models name.
    for (const char* framework : {"ir", "onnx", "tf", "tflite"}) {
      readers_.push_back(manager_.load_by_framework(framework));
      Require(readers_.back() != nullptr, "OpenVINO has a reader of the encoding");
    }
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    std::fprintf(stderr, "%-16s %9s %9s %9s %9s\n", "reader of", "taken", "refused", "crashed",
                 "stopped");
    for (const Encoding encoding : std::span(kDeclared).subspan(1)) {
      const Counts& counts = counts_[static_cast<std::size_t>(encoding)];
      std::fprintf(stderr, "%-16s %9zu %9zu %9zu %9zu\n", EncodingName(encoding).data(), counts[0],
                   counts[1], counts[2], counts[3]);
    }
  }

  void Run(Bytes data) {
    const Input input = Parse(data);
    const auto layout = Check(Given(input, folders_));
    if (layout) {
      const Watched watched = Read(*layout);
      folders_.Clear(input);
      Record(layout->encoding, watched);
    } else {
      folders_.Clear(input);
    }
  }

 private:
  Watched Read(const ModelLayout& layout) {
    const Rules rules(layout, folders_, libraries_);
    const WatchRules watch = {
        .working_directory = folders_.working(),
        .may_open = [&](const fs::path& file, OpenMode mode) { return rules.MayOpen(file, mode); }};
    const Watched watched = RunWatched(watch, [&] {
      const auto model = openvino::ReadModel(layout, folders_.temporary());
      AddSignals(model, signals_);
      if (model) Touch(**model);
      return model.has_value();
    });
    signals_.Take();
    return watched;
  }

  void Record(Encoding encoding, const Watched& watched) {
    ++counts_[static_cast<std::size_t>(encoding)][static_cast<std::size_t>(watched.ending)];
    if (watched.breach.empty()) return;
    std::fprintf(stderr, "The reader of %s %s\n", EncodingName(encoding).data(),
                 watched.breach.c_str());
    folders_.Remove();
    Require(false, "a reader opens and touches what the checks allowed");
  }

  Folders folders_;
  Signals signals_;
  ov::frontend::FrontEndManager manager_;
  std::vector<ov::frontend::FrontEnd::Ptr> readers_;
  fs::path libraries_;
  std::array<Counts, kEncodingCount> counts_{};
};

Target& TheTarget() {
  static Target target;
  return target;
}

}  // namespace
}  // namespace namesake::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  // A child that allocates too much is stopped by its parent; the fuzzer would save it as a
  // finding.
  static std::string no_limit = "-malloc_limit_mb=1000000";
  static std::vector<char*> args(*argv, *argv + *argc);
  args.insert(args.begin() + 1, no_limit.data());
  *argc = static_cast<int>(args.size());
  args.push_back(nullptr);
  *argv = args.data();
  // Without this, OpenVINO's TBB opens a library in a way that makes the sanitizer abort.
  ::setenv("TBB_ENABLE_SANITIZERS", "1", 1);
  namesake::fuzz::ReserveForbiddenAddress();
  namesake::fuzz::CheckWatch();
  namesake::fuzz::TheTarget();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() > namesake::fuzz::kHeader) namesake::fuzz::TheTarget().Run(bytes);
  return 0;
}
