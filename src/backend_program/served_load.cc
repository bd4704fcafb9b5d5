#include "backend_program/served_load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_program/virtual_files.h"
#include "base/fail.h"
#include "graph/file_stream.h"
#include "namesake/compiled_cache.h"

namespace namesake::backend_program {
namespace {

constexpr const char* kForm = "form";

// The compiled form that came with the call, and the file for a new one.
class ServedSlot : public CompiledSlot {
 public:
  ServedSlot(base::FileDescriptor compiled, const protocol::Load& call, base::FileDescriptor wanted,
             std::string path)
      : compiled_(std::move(compiled)),
        offset_(static_cast<std::size_t>(call.compiled_offset)),
        checksum_(call.compiled_checksum),
        wanted_(std::move(wanted)),
        path_(std::move(path)) {}

  std::optional<CachedEntry> Find() override {
    if (!compiled_.valid()) return std::nullopt;
    auto entry = CachedEntry::Map(compiled_.get(), offset_);
    if (!entry) return std::nullopt;
    use = protocol::CompiledUse::kUsed;
    if (CompiledCache::Checksum(entry->payload()) == checksum_) return entry;
    Discard("its checksum is wrong");
    return std::nullopt;
  }
  // For hosts.
  std::optional<CachedFile> FindFile() override { return std::nullopt; }

  void Discard(std::string_view reason) override {
    use = protocol::CompiledUse::kDiscarded;
    because = reason;
  }

  void Store(const std::function<void(std::ostream&)>& write) override {
    if (!wanted_.valid()) return;
    StoreFrom(0, write);
  }

  std::optional<std::filesystem::path> WritablePath() override {
    if (!wanted_.valid()) return std::nullopt;
    is_path_given_ = true;
    return path_;
  }

  void StoreWritten(std::string_view trailer) override {
    const off_t end = wanted_.valid() ? ::lseek(wanted_.get(), 0, SEEK_END) : -1;
    if (end < 0) return;
    StoreFrom(static_cast<std::size_t>(end), [&](std::ostream& stream) { stream << trailer; });
  }

  // Says why nothing is stored, if the library was to write to the path and did not.
  void NoteWhatIsMissing() {
    if (!is_path_given_ || stored != 0 || !not_stored_because.empty()) return;
    const off_t end = ::lseek(wanted_.get(), 0, SEEK_END);
    const bool has_room = end >= 0 && ::pwrite(wanted_.get(), "", 1, end) == 1;
    not_stored_because = has_room ? "the library failed to write it" : base::SystemReason(errno);
  }

  int wanted() const { return wanted_.get(); }

  protocol::CompiledUse use = protocol::CompiledUse::kNone;
  std::string because;
  std::uint64_t stored = 0;
  std::string not_stored_because;

 private:
  // Writes behind the first bytes of the file.
  void StoreFrom(std::size_t offset, const std::function<void(std::ostream&)>& write) {
    graph::FileStreamBuffer buffer(wanted_.get(), offset);
    std::ostream stream(&buffer);
    write(stream);
    if (stream.good()) {
      stored = offset + buffer.size();
    } else {
      not_stored_because = base::SystemReason(buffer.error_number());
    }
  }

  base::FileDescriptor compiled_;
  std::size_t offset_;
  std::array<std::uint64_t, 2> checksum_;
  base::FileDescriptor wanted_;
  std::string path_;
  bool is_path_given_ = false;
};

// The file for a new form, which a library may open by a path.
class FormFile final : public FileOpener {
 public:
  explicit FormFile(int descriptor) : descriptor_(descriptor) {}

  std::vector<VirtualFile> List() const {
    if (descriptor_ < 0) return {};
    struct stat status{};
    status.st_mode = S_IFREG | S_IRUSR | S_IWUSR;
    status.st_nlink = 1;
    return {{.path = kForm, .status = status, .is_writable = true}};
  }

  int Open(std::size_t /*file*/) noexcept override {
    const int opened = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    return opened < 0 ? -errno : opened;
  }

 private:
  int descriptor_;
};

struct stat StatusOf(const protocol::File& file, std::size_t index) {
  constexpr mode_t kReadable = 0444;
  struct stat status{};
  status.st_mode = S_IFREG | kReadable;
  status.st_size = static_cast<off_t>(file.bytes);
  status.st_nlink = 1;
  // Readers take two files of one inode for the same file.
  status.st_ino = index + 1;
  constexpr blksize_t kBlock = 4096;
  constexpr off_t kSector = 512;
  status.st_blksize = kBlock;
  status.st_blocks = (status.st_size + kSector - 1) / kSector;
  return status;
}

ModelLayout ToLayout(const protocol::Load& call, const std::string& root) {
  ModelLayout::Files parts;
  parts.model = root + "/" + call.files.front().name;
  for (std::size_t i = 1; i <= call.companions; ++i) {
    parts.companions.emplace_back(root + "/" + call.files[i].name);
  }
  return {.encoding = call.model.encoding,
          .parts = std::move(parts),
          .bytes = call.bytes,
          .name = call.model.name};
}

}  // namespace

Model ToModel(const protocol::ModelHead& head) {
  return {.encoding = head.encoding,
          .target = head.target,
          .options = head.options,
          .origin = head.origin};
}

Result<ServedGraph> LoadServed(Backend& backend, const protocol::Load& call,
                               std::vector<base::FileDescriptor> files, HostFiles& host) {
  const std::size_t expected = (call.has_compiled ? 1U : 0U) + (call.wants_compiled ? 1U : 0U);
  if (call.files.empty() || call.companions >= call.files.size() || files.size() != expected) {
    return base::Fail(ErrorCode::kInvalidArgument, "the call to load a model is not right");
  }
  std::vector<VirtualFile> here;
  for (const protocol::File& file : call.files) {
    if (file.is_directory) continue;
    here.push_back({.path = file.name, .status = StatusOf(file, here.size())});
  }
  const std::string root = fmt::format("/models/{}", call.graph);
  // Beside the model's files, so that no name of theirs can be its own.
  const std::string form_root = fmt::format("/forms/{}", call.graph);
  ServedSlot slot(call.has_compiled ? std::move(files.front()) : base::FileDescriptor(), call,
                  call.wants_compiled ? std::move(files.back()) : base::FileDescriptor(),
                  form_root + "/" + kForm);
  auto registered = VirtualFiles::Register(root, std::move(here), host);
  if (!registered) return base::Fail(std::move(registered));
  FormFile form(slot.wanted());
  auto form_registered = VirtualFiles::Register(form_root, form.List(), form);
  if (!form_registered) return base::Fail(std::move(form_registered));
  Model model = ToModel(call.model);
  model.warm_up = call.warm_up;
  ModelLayout layout = ToLayout(call, root);
  const auto& parts = std::get<ModelLayout::Files>(layout.parts);
  model.source = ModelFiles{.paths = {parts.model}};
  auto graph = backend.LoadChecked(model, std::move(layout), {.compiled = &slot}, call.deadline);
  if (!graph) return base::Fail(std::move(graph));
  slot.NoteWhatIsMissing();
  protocol::Loaded loaded = {.inputs = (*graph)->inputs(),
                             .outputs = (*graph)->outputs(),
                             .context_bytes = (*graph)->context_bytes(),
                             .notes = (*graph)->notes(),
                             .keeps_state = (*graph)->keeps_state(),
                             .threads = (*graph)->threads(),
                             .compiled = slot.use,
                             .discarded_because = slot.because,
                             .compiled_bytes = slot.stored,
                             .not_kept_because = slot.not_stored_because};
  return ServedGraph{.graph = *std::move(graph), .loaded = std::move(loaded)};
}

}  // namespace namesake::backend_program
