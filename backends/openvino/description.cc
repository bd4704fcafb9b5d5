#include "backend_openvino/description.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace namesake::openvino {
namespace {

void Put(std::uint64_t value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void Put(std::string_view text, std::string& bytes) {
  Put(text.size(), bytes);
  bytes.append(text);
}

void Put(const TensorInfo& info, std::string& bytes) {
  Put(info.name, bytes);
  Put(info.aliases.size(), bytes);
  for (const std::string& alias : info.aliases) Put(alias, bytes);
  Put(static_cast<std::uint64_t>(info.type), bytes);
  Put(static_cast<std::uint64_t>(info.may_be_empty), bytes);
  // The rank plus one; 0 for any rank.
  Put(info.shape ? info.shape->size() + 1 : 0, bytes);
  if (!info.shape) return;
  for (const Dim& dim : *info.shape) {
    Put(dim.min, bytes);
    Put(dim.max, bytes);
  }
}

void Put(const std::vector<TensorInfo>& infos, std::string& bytes) {
  Put(infos.size(), bytes);
  for (const TensorInfo& info : infos) Put(info, bytes);
}

// Takes values from the front. Once something is missing, `failed` stays true and zeros follow.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }

  std::uint64_t Number() {
    std::uint64_t value = 0;
    const auto bytes = Take(sizeof value);
    if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  std::string Text() {
    const auto bytes = Take(Number());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // Returns the number of items that follow, each of at least one byte.
  std::uint64_t Count() {
    const std::uint64_t count = Number();
    if (count > bytes_.size()) failed_ = true;
    return failed_ ? 0 : count;
  }

  TensorInfo Info() {
    TensorInfo info;
    info.name = Text();
    for (std::uint64_t left = Count(); left > 0; --left) info.aliases.push_back(Text());
    const std::uint64_t type = Number();
    if (type >= kElementTypeCount) failed_ = true;
    info.type = static_cast<ElementType>(type);
    info.may_be_empty = Number() != 0;
    const std::uint64_t rank_and_one = Count();
    if (rank_and_one == 0) return info;
    auto& shape = info.shape.emplace();
    for (std::uint64_t left = rank_and_one - 1; left > 0; --left) {
      const std::uint64_t min = Number();
      shape.push_back({.min = min, .max = Number()});
    }
    return info;
  }

  std::vector<TensorInfo> Infos() {
    std::vector<TensorInfo> infos;
    for (std::uint64_t left = Count(); left > 0 && !failed_; --left) infos.push_back(Info());
    return infos;
  }

 private:
  std::span<const std::byte> Take(std::uint64_t count) {
    if (count > bytes_.size()) failed_ = true;
    if (failed_) return {};
    const auto taken = bytes_.first(static_cast<std::size_t>(count));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

}  // namespace

std::string Encode(const Description& description) {
  std::string bytes;
  Put(description.inputs, bytes);
  Put(description.outputs, bytes);
  Put(description.state_bytes, bytes);
  return bytes;
}

std::optional<Description> Decode(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  Description description;
  description.inputs = reader.Infos();
  description.outputs = reader.Infos();
  description.state_bytes = reader.Number();
  if (reader.failed() || !reader.at_end()) return std::nullopt;
  return description;
}

}  // namespace namesake::openvino
