#include "abi/misbehaving_backend.h"

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fail.h"

namespace namesake::test {
namespace {

constexpr std::array<std::string_view, 6> kModels = {"flaky",  "hesitant", "throwing",
                                                     "unmade", "homeless", "huge"};
constexpr std::size_t kHugeBytes = std::size_t{5} << 30;

// Addresses without memory: reading them would end the process.
class HugeBytes {
 public:
  HugeBytes()
      : start_(::mmap(nullptr, kHugeBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0)) {
    if (start_ == MAP_FAILED) throw std::runtime_error("can't map 5 GiB of addresses");
  }
  ~HugeBytes() { ::munmap(start_, kHugeBytes); }
  HugeBytes(const HugeBytes&) = delete;
  HugeBytes& operator=(const HugeBytes&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(start_), kHugeBytes};
  }

 private:
  void* start_;
};

class OddContext : public ExecutionContext {
 public:
  OddContext(std::shared_ptr<const Graph> graph, std::string behavior)
      : ExecutionContext(std::move(graph)), behavior_(std::move(behavior)) {
    if (behavior_ == "huge") huge_.emplace();
  }

 private:
  Result<void> CopyInput(std::size_t /*index*/, const TensorView& tensor) override {
    value_ = tensor.data[0];
    return {};
  }

  Result<void> Run(Deadline deadline) override {
    if (behavior_ == "throwing") throw std::runtime_error("thrown by the backend");
    const int compute = computes_++;
    if (behavior_ == "flaky" && compute % 2 == 0) {
      return base::Fail(ErrorCode::kRuntimeError, "every other compute fails");
    }
    if (behavior_ == "hesitant" && compute == 0) {
      std::this_thread::sleep_until(deadline.when().value());
      return base::Fail(ErrorCode::kTimeout, "the inference passed its deadline");
    }
    return {};
  }

  Result<TensorView> ReadOutput(std::size_t /*index*/) override {
    return TensorView{.type = ElementType::kU8,
                      .dims = dims_,
                      .data = huge_ ? huge_->bytes() : std::span(&value_, 1)};
  }

  const std::string behavior_;
  const std::vector<std::uint64_t> dims_ = {1};
  std::optional<HugeBytes> huge_;
  std::byte value_{};
  int computes_ = 0;
};

class OddGraph : public Graph {
 public:
  explicit OddGraph(std::string behavior)
      : Graph({U8()}, {U8()}, behavior.size()), behavior_(std::move(behavior)) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& /*placement*/) const override {
    if (behavior_ == "unmade") {
      return base::Fail(ErrorCode::kRuntimeError, "no context can be made");
    }
    return std::make_unique<OddContext>(shared_from_this(), behavior_);
  }

 private:
  static TensorInfo U8() {
    return {.name = "x", .aliases = {}, .type = ElementType::kU8, .shape = {{Dim::Fixed(1)}}};
  }

  const std::string behavior_;
};

class MisbehavingBackend : public Backend {
 public:
  std::string_view name() const override { return "misbehaving"; }
  std::string version() const override { return "1"; }
  std::span<const Encoding> encodings() const override {
    static constexpr std::array kEncodings = {Encoding::kGgml};
    return kEncodings;
  }
  std::vector<Device> Devices() const override { return {}; }

 private:
  Result<ModelLayout> Layout(const Model& model) const override {
    return ModelLayout{.encoding = model.encoding, .name = SourceName(model)};
  }
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout /*layout*/,
                                                  const LoadOptions& /*options*/,
                                                  Deadline /*deadline*/) override {
    const Blob& text = std::get<ModelBytes>(model.source).parts.at(0);
    const std::string behavior(reinterpret_cast<const char*>(text->data()), text->size());
    if (behavior == "homeless") {
      return base::Fail(ErrorCode::kNotFound, "the backend finds no file");
    }
    return std::make_shared<OddGraph>(behavior);
  }
};

}  // namespace

std::unique_ptr<Backend> NewMisbehavingBackend() { return std::make_unique<MisbehavingBackend>(); }

std::span<const std::string_view> MisbehavingModels() { return kModels; }

}  // namespace namesake::test
