// The host: backends, models and limits, put together. Start here.
//
//   auto host = namesake::Host::Create(std::move(options));
//   (*host)->Register("photo", {.encoding = Encoding::kOnnx, .source = ModelFiles{{"m.onnx"}}});
//   auto view = (*host)->NewView({});
//
// A view is then linked into a guest: with Wasmtime through namesake/wasmtime.h, with another
// runtime by calling the view. Thread-safe; the host must outlive nothing: views keep what they
// need.
#ifndef NAMESAKE_HOST_H_
#define NAMESAKE_HOST_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/registry.h"
#include "namesake/view.h"

namespace namesake {

struct HostOptions {
  // In order of preference: the first one that reads an encoding serves it. Names must differ.
  std::vector<std::unique_ptr<Backend>> backends{};
  // Where compiled models are kept between processes; empty for nowhere. Models given as bytes are
  // never kept.
  std::optional<std::filesystem::path> cache_dir{};
  HostLimits limits{};
  // How long a failed load answers for the loads asked for after it.
  std::chrono::nanoseconds failure_memory = std::chrono::seconds(5);
};

class Host {
 public:
  // Errors: invalid_argument for two backends of one name; runtime_error for a cache directory that
  // can't be made.
  static Result<std::unique_ptr<Host>> Create(HostOptions options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Adds a model to the host's own scope without loading it. Errors: invalid_argument for a name
  // that can't be one or is taken; invalid_encoding when no backend reads the encoding, listing
  // those that are served (for kAutodetect the load says so instead); too_large beyond
  // `max_models`.
  Result<void> Register(std::string_view name, Model model);

  // Begins to load all of the host's models, and returns at once.
  void PrefetchAll();
  // Waits until one of the host's models is in memory. Errors: not_found, or what its load failed
  // with.
  Result<Lease> Acquire(std::string_view name, Deadline deadline);

  std::vector<ModelStatus> Models() const;
  // Borrowed for the host's life.
  std::vector<const Backend*> Backends() const;

  // A fresh view with an instance scope of its own.
  std::unique_ptr<View> NewView(Authority authority);

 private:
  struct State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_HOST_H_
