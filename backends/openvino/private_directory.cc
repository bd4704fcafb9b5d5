#include "backend_openvino/private_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "base/temporary_dir.h"

namespace namesake::openvino {

namespace fs = std::filesystem;

namespace {

Wording TemporaryFile(const fs::path& path) {
  return {"a temporary file", "the temporary file " + path.string()};
}

}  // namespace

Result<PrivateDirectory> PrivateDirectory::Make(const std::optional<fs::path>& chosen) {
  const auto parent = chosen ? Result<fs::path>(*chosen) : base::TemporaryDir();
  if (!parent) return base::Fail(parent);
  if (parent->empty()) {
    return base::Fail(ErrorCode::kRuntimeError,
                      base::NoTemporaryDir("the host has no temporary directory; set TMPDIR to a "
                                           "directory that no guest can write to"));
  }
  const auto failed = [&](std::string_view reason) {
    return base::Fail(
        ErrorCode::kRuntimeError,
        base::NoTemporaryDir(fmt::format(
            "can't create a temporary directory in {}: {}; set TMPDIR to a writable one",
            parent->string(), reason)));
  };
  std::error_code ignored;
  if (!fs::is_directory(*parent, ignored)) return failed(base::SystemReason(ENOENT));
  auto directory = base::ProcessDirectory::Make(base::UsersDirIn(*parent));
  if (!directory) return failed(directory.error().detail());
  return PrivateDirectory(*std::move(directory));
}

Result<fs::path> PrivateDirectory::Write(std::string_view name, std::span<const std::byte> bytes) {
  const fs::path path = directory_.path() / name;
  const base::FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return base::Fail(ErrorCode::kRuntimeError, "can't make {}: {}", TemporaryFile(path),
                      base::SystemWording(errno));
  }
  if (const int error = base::WriteAll(file.get(), bytes); error != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "can't write {}: {}", TemporaryFile(path),
                      base::SystemWording(error));
  }
  return path;
}

Result<fs::path> PrivateDirectory::Link(std::string_view name, const fs::path& to) {
  const fs::path path = directory_.path() / name;
  std::error_code error;
  fs::create_symlink(fs::absolute(to, error), path, error);
  if (error) {
    return base::Fail(ErrorCode::kRuntimeError, "can't make {}: {}",
                      Wording("a temporary link", "the temporary link " + path.string()),
                      error.message());
  }
  return path;
}

}  // namespace namesake::openvino
