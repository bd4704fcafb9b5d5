// Says of each file what type it has by its content, using the Magika classifier.
//
//   filetype MODEL CONFIG TYPES FILE…
//
// MODEL is the host's name for Magika's network. CONFIG and TYPES are the JSON files
// config.min.json and content_types_kb.min.json that come with it. Prints a line per file, `path:
// label`. Names a file that can't be read on standard error, and then exits with code 1.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.h"
#include "common/load_model.h"
#include "common/message.h"
#include "common/wasi_nn.h"
#include "filetype/magika.h"

const char kProgram[] = "filetype";

namespace {

std::string ReadOrFail(const char* path) {
  std::string text;
  std::string error;
  if (!ReadFile(path, &text, &error)) Fail("can't read %s: %s", path, error.c_str());
  return text;
}

std::vector<float> Ask(wasi_nn::ExecutionContext& context, const magika::Config& config,
                       const std::vector<std::int32_t>& features) {
  context.SetInput(0, {1, static_cast<std::uint32_t>(features.size())}, features).OrDie();
  context.Compute().OrDie();
  std::vector<float> scores = context.GetOutput<float>(0).OrDie();
  if (scores.size() != config.labels.size()) {
    Fail("the model has %zu labels, but its config has %zu", scores.size(), config.labels.size());
  }
  return scores;
}

// Reads `count` bytes from `offset`. Returns nothing, with errno set, if they can't be read.
std::optional<std::string> ReadAt(int fd, off_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        pread(fd, bytes.data() + done, count - done, offset + static_cast<off_t>(done));
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

// Returns nothing, with errno set, for a file that can't be read.
std::optional<std::string> Identify(int fd, const magika::Config& config,
                                    wasi_nn::ExecutionContext& context) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return "directory";
  if (status.st_size == 0) return "empty";

  const off_t block = std::min(static_cast<off_t>(config.block_size), status.st_size);
  const auto begin = ReadAt(fd, 0, static_cast<std::size_t>(block));
  const auto end = ReadAt(fd, status.st_size - block, static_cast<std::size_t>(block));
  if (!begin || !end) return std::nullopt;

  const std::vector<std::int32_t> features = magika::Features(config, {*begin, *end});
  if (!magika::EnoughToAsk(config, features)) return std::string(magika::LabelOfFewBytes(*begin));
  return std::string(magika::LabelOfScores(config, Ask(context, config, features)));
}

bool Print(const char* path, const magika::Config& config, wasi_nn::ExecutionContext& context) {
  const int fd = open(path, O_RDONLY);
  const std::optional<std::string> label = fd < 0 ? std::nullopt : Identify(fd, config, context);
  if (label) {
    std::printf("%s: %s\n", path, label->c_str());
  } else {
    Complain("can't read %s: %s", path, std::strerror(errno));
  }
  if (fd >= 0) close(fd);
  return label.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) Fail("usage: filetype MODEL CONFIG TYPES FILE…");
  magika::Config config;
  std::string error;
  if (!magika::ParseConfig(ReadOrFail(argv[2]), ReadOrFail(argv[3]), &config, &error)) {
    Fail("%s", error.c_str());
  }
  wasi_nn::ExecutionContext context = LoadModel(argv[1]).InitExecutionContext().OrDie();
  bool all_read = true;
  for (const char* path : std::span(argv + 4, argv + argc)) {
    all_read = Print(path, config, context) && all_read;
  }
  return all_read ? 0 : 1;
}
