#include "backend_program/served_load.h"

#include <sys/stat.h>

#include <array>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "backend_program/virtual_files.h"
#include "base/fail.h"
#include "graph/file_stream.h"
#include "namesake/compiled_cache.h"

namespace namesake::backend_program {
namespace {

// The compiled form that came with the call, and the file for a new one.
class ServedSlot : public CompiledSlot {
 public:
  ServedSlot(base::FileDescriptor compiled, const protocol::Load& call, base::FileDescriptor wanted)
      : compiled_(std::move(compiled)),
        offset_(static_cast<std::size_t>(call.compiled_offset)),
        checksum_(call.compiled_checksum),
        wanted_(std::move(wanted)) {}

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
    graph::FileStreamBuffer buffer(wanted_.get(), 0);
    std::ostream stream(&buffer);
    write(stream);
    if (stream.good()) {
      stored = buffer.size();
    } else {
      not_stored_because = base::SystemReason(buffer.error_number());
    }
  }

  protocol::CompiledUse use = protocol::CompiledUse::kNone;
  std::string because;
  std::uint64_t stored = 0;
  std::string not_stored_because;

 private:
  base::FileDescriptor compiled_;
  std::size_t offset_;
  std::array<std::uint64_t, 2> checksum_;
  base::FileDescriptor wanted_;
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
  auto registered = VirtualFiles::Register(root, std::move(here), host);
  if (!registered) return base::Fail(std::move(registered));
  ServedSlot slot(call.has_compiled ? std::move(files.front()) : base::FileDescriptor(), call,
                  call.wants_compiled ? std::move(files.back()) : base::FileDescriptor());
  Model model = ToModel(call.model);
  model.warm_up = call.warm_up;
  ModelLayout layout = ToLayout(call, root);
  const auto& parts = std::get<ModelLayout::Files>(layout.parts);
  model.source = ModelFiles{.paths = {parts.model}};
  auto graph = backend.LoadChecked(model, std::move(layout), {.compiled = &slot}, call.deadline);
  if (!graph) return base::Fail(std::move(graph));
  protocol::Loaded loaded = {.inputs = (*graph)->inputs(),
                             .outputs = (*graph)->outputs(),
                             .context_bytes = (*graph)->context_bytes(),
                             .notes = (*graph)->notes(),
                             .keeps_state = (*graph)->keeps_state(),
                             .compiled = slot.use,
                             .discarded_because = slot.because,
                             .compiled_bytes = slot.stored,
                             .not_kept_because = slot.not_stored_because};
  return ServedGraph{.graph = *std::move(graph), .loaded = std::move(loaded)};
}

}  // namespace namesake::backend_program
