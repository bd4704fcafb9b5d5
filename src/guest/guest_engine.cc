#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/file.h"
#include "engine/runtime.h"
#include "guest/program.h"
#include "namesake/guest.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using Compiled = std::pair<engine::GuestCode, guest::Origin>;

engine::RuntimeOptions ToRuntimeOptions(const GuestEngineOptions& options) {
  return {.module_cache_dir = options.module_cache_dir,
          .interruptible = options.interruptible,
          .guest_memory_limits = !options.shared_memories,
          .pooled_instances = options.pooled_instances};
}

Result<std::shared_ptr<const guest::Program>> Link(const engine::GuestCode& code,
                                                   guest::Origin origin,
                                                   const GuestImports& imports) {
  if (const auto* const module = std::get_if<wasmtime::Module>(&code)) {
    return guest::LinkModule(std::move(origin), *module, imports);
  }
  return guest::LinkComponent(std::move(origin), std::get<wasmtime::component::Component>(code),
                              imports);
}

}  // namespace

struct GuestEngine::State {
  GuestEngineOptions options;
  std::shared_ptr<engine::Runtime> own;
  std::shared_ptr<engine::Runtime> pooled;  // Null if there is no pool.

  Result<Compiled> Compile(std::span<const std::byte> bytes, const std::string& name) const;
  // The engine's cache, which no guest may change, because it is trusted when found again.
  std::vector<Place> Places() const;
};

// Only the engine knows what does not fit in a pool, and only after compiling: it refuses such a
// program like an invalid one, so a refusal leads to a second attempt without the pool.
Result<Compiled> GuestEngine::State::Compile(std::span<const std::byte> bytes,
                                             const std::string& name) const {
  if (pooled != nullptr) {
    if (auto code = pooled->Compile(bytes, name)) {
      return Compiled(*std::move(code), {.runtime = pooled, .is_pooled = true});
    }
  }
  auto code = own->Compile(bytes, name);
  if (!code) return base::Fail(std::move(code));
  return Compiled(*std::move(code), {.runtime = own});
}

std::vector<Place> GuestEngine::State::Places() const {
  if (!options.module_cache_dir) return {};
  return {{.path = *options.module_cache_dir, .what = "its cache", .use = PlaceUse::kWrites}};
}

GuestEngine::GuestEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
GuestEngine::~GuestEngine() = default;

Result<std::shared_ptr<GuestEngine>> GuestEngine::Create(const GuestEngineOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  engine::RuntimeOptions runtime_options = ToRuntimeOptions(options);
  if (options.pooled_instances > 0) {
    auto pooled = engine::Runtime::Create(runtime_options);
    if (!pooled) return base::Fail(std::move(pooled));
    state->pooled = *std::move(pooled);
  }
  runtime_options.pooled_instances = 0;
  auto own = engine::Runtime::Create(runtime_options);
  if (!own) return base::Fail(std::move(own));
  state->own = *std::move(own);
  return std::shared_ptr<GuestEngine>(new GuestEngine(std::move(state)));
}

Result<GuestProgram> GuestEngine::Load(const fs::path& file, const GuestImports* imports) {
  // Read, not mapped, because another guest may write to the file during compilation.
  const auto bytes = base::ReadWholeFile(file);
  if (!bytes) return base::Fail(bytes);
  std::vector<Place> places = state_->Places();
  places.push_back({.path = file, .what = "the guest itself"});
  return Load(*bytes, file.string(), std::move(places), imports);
}

Result<GuestProgram> GuestEngine::Load(std::span<const std::byte> bytes, std::string_view name,
                                       const GuestImports* imports) {
  return Load(bytes, std::string(name), state_->Places(), imports);
}

Result<GuestProgram> GuestEngine::Load(std::span<const std::byte> bytes, const std::string& name,
                                       std::vector<Place> places, const GuestImports* imports) {
  auto compiled = state_->Compile(bytes, name);
  if (!compiled) return base::Fail(std::move(compiled));
  auto& [code, origin] = *compiled;
  origin.engine = shared_from_this();
  origin.places = std::move(places);
  auto program = Link(code, std::move(origin), imports == nullptr ? GuestImports{} : *imports);
  if (!program) return std::unexpected(program.error().WithContext(name));
  return GuestProgram(*std::move(program));
}

std::string GuestEngine::Version() { return engine::Runtime::Version(); }

}  // namespace namesake
