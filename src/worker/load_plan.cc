#include "worker/load_plan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/fail.h"
#include "graph/encoding_layout.h"
#include "graph/layout_content.h"

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;

// Readers go by the end of a file's name, so the worker's names have the usual ones.
std::string ModelName(Encoding encoding) {
  return "model" + std::string(graph::FileExtension(encoding));
}
constexpr const char* kWeights = "model.bin";

Result<base::FileDescriptor> SealedMemory(std::span<const std::byte> bytes) {
  base::FileDescriptor file(::memfd_create("namesake-model", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int error_number = file.valid() ? base::WriteAll(file.get(), bytes) : errno;
  if (error_number != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "out of memory for a model of {} bytes: {}",
                      bytes.size(), base::SystemWording(error_number));
  }
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return file;
}

std::expected<base::FileDescriptor, int> OpenRegular(const char* path) {
  base::FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return std::unexpected(errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(errno);
  if (!S_ISREG(status.st_mode)) return std::unexpected(EACCES);
  return file;
}

}  // namespace

Result<std::shared_ptr<LoadPlan>> LoadPlan::Make(const Model& model, const ModelLayout& layout) {
  std::shared_ptr<LoadPlan> plan(new LoadPlan);
  plan->load_.model = {.encoding = layout.encoding,
                       .target = model.target,
                       .origin = model.origin,
                       .options = model.options,
                       .name = layout.name};
  plan->load_.bytes = layout.bytes;
  const auto* const files = std::get_if<ModelLayout::Files>(&layout.parts);
  auto added = files != nullptr ? plan->AddFiles(*files)
                                : plan->AddMemory(std::get<ModelLayout::Memory>(layout.parts));
  if (!added) return base::Fail(std::move(added));
  if (files == nullptr) return plan;
  plan->layout_ = layout;
  plan->stamp_ = graph::StampOf(layout).content;
  if (const auto* source = std::get_if<ModelFiles>(&model.source)) plan->copy_ = source->copy;
  return plan;
}

Result<void> LoadPlan::AddFile(std::string name, const fs::path& path) {
  const auto status = base::ReadableStatus(path, base::HostPath(path));
  if (!status) return base::Fail(status);
  load_.files.push_back(
      {.name = std::move(name), .bytes = static_cast<std::uint64_t>(status->st_size)});
  sources_.emplace_back(path);
  return {};
}

Result<void> LoadPlan::AddBytes(std::string name, const Blob& bytes) {
  auto file = SealedMemory(*bytes);
  if (!file) return base::Fail(std::move(file));
  load_.files.push_back({.name = std::move(name), .bytes = bytes->size()});
  sources_.emplace_back(*std::move(file));
  return {};
}

Result<void> LoadPlan::AddFiles(const ModelLayout::Files& files) {
  const Encoding encoding = load_.model.encoding;
  std::error_code error;
  if (fs::is_directory(files.model, error)) {
    const std::string name = "model";
    load_.files.push_back({.name = name, .is_directory = true});
    const auto beneath = base::FilesBeneath(files.model, load_.model.name);
    if (!beneath) return base::Fail(beneath);
    for (const fs::path& file : *beneath) {
      auto added = AddFile(name + "/" + file.lexically_relative(files.model).native(), file);
      if (!added) return added;
    }
    return {};
  }
  if (auto added = AddFile(ModelName(encoding), files.model); !added) return added;
  for (const fs::path& companion : files.companions) {
    // An ONNX model names its files relative to its own; an IR's weights are told apart by order.
    std::string name = encoding == Encoding::kOpenVino
                           ? kWeights
                           : companion.lexically_normal()
                                 .lexically_relative(files.model.parent_path().lexically_normal())
                                 .native();
    // A model may spell one name in several ways.
    if (std::ranges::find(load_.files, name, &protocol::File::name) != load_.files.end()) continue;
    if (auto added = AddFile(std::move(name), companion); !added) return added;
  }
  load_.companions = load_.files.size() - 1;
  return {};
}

Result<void> LoadPlan::AddMemory(const ModelLayout::Memory& memory) {
  if (auto added = AddBytes(ModelName(load_.model.encoding), memory.model); !added) return added;
  if (memory.weights == nullptr || memory.weights->empty()) return {};
  load_.companions = 1;
  return AddBytes(kWeights, memory.weights);
}

Result<void> LoadPlan::CheckUnchanged() const {
  if (!layout_ || graph::StampOf(*layout_).content == stamp_) return {};
  return base::Fail(
      ErrorCode::kRuntimeError,
      "{} has changed since it was loaded, and can't be loaded again: replace the model",
      layout_->name);
}

std::expected<base::FileDescriptor, int> LoadPlan::Open(std::uint64_t file) {
  if (file >= sources_.size()) return std::unexpected(ENOENT);
  const Source& source = sources_[static_cast<std::size_t>(file)];
  if (const auto* path = std::get_if<fs::path>(&source)) return OpenRegular(path->c_str());
  const int memory = std::get<base::FileDescriptor>(source).get();
  // A new opening has an offset of its own; without /proc, a duplicate must do.
  auto opened = OpenRegular(fmt::format("/proc/self/fd/{}", memory).c_str());
  if (opened) return opened;
  base::FileDescriptor duplicate(::fcntl(memory, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.valid()) return std::unexpected(errno);
  ::lseek(duplicate.get(), 0, SEEK_SET);
  return duplicate;
}

}  // namespace namesake::worker
