// How a model is loaded in a worker, as often as that is needed.
#ifndef NAMESAKE_WORKER_LOAD_PLAN_H_
#define NAMESAKE_WORKER_LOAD_PLAN_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/file.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "protocol/messages.h"
#include "worker/worker.h"

namespace namesake::worker {

// The files of a model, under the names that the worker knows. Immutable; safe for all threads.
class LoadPlan : public FileSource {
 public:
  // A model in memory is copied into sealed memory, which takes the place of the caller's bytes.
  // Errors: runtime_error for a file that can't be read, and if there is no memory.
  static Result<std::shared_ptr<LoadPlan>> Make(const Model& model, const ModelLayout& layout);

  // The message to load it, without a graph's number and a compiled form.
  const protocol::Load& load() const { return load_; }

  // Fails if files have changed since the plan was made.
  Result<void> CheckUnchanged() const;

  std::expected<base::FileDescriptor, int> Open(std::uint64_t file) override;

 private:
  // Directories are in the message, and have no source: a worker asks for regular files, which it
  // counts without them.
  using Source = std::variant<std::filesystem::path, base::FileDescriptor>;

  LoadPlan() = default;
  Result<void> AddFiles(const ModelLayout::Files& files);
  Result<void> AddMemory(const ModelLayout::Memory& memory);
  Result<void> AddFile(std::string name, const std::filesystem::path& path);
  Result<void> AddBytes(std::string name, const Blob& bytes);

  protocol::Load load_;
  std::vector<Source> sources_;
  std::optional<ModelLayout> layout_;  // Set for files.
  std::string stamp_;
  // Keeps the copy of a guest's model.
  std::shared_ptr<const ModelCopy> copy_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_LOAD_PLAN_H_
