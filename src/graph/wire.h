// Numbers, texts, lists and descriptions of tensors as bytes: for messages between a host and its
// workers, and for what is stored with a compiled form.
//
// The bytes stay on one machine, so numbers are written as they lie in memory. A reader trusts
// nothing: whatever the bytes are, it reads no further than their end, and makes no list longer
// than the bytes that are left.
#ifndef NAMESAKE_GRAPH_WIRE_H_
#define NAMESAKE_GRAPH_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "namesake/tensor.h"

namespace namesake::graph {

class Writer {
 public:
  void Number(std::uint64_t value) { Raw(&value, sizeof value); }
  void Flag(bool value) { Number(value ? 1 : 0); }
  template <typename Enum>
    requires std::is_enum_v<Enum>
  void Case(Enum value) {
    Number(static_cast<std::uint64_t>(value));
  }
  void Text(std::string_view text) {
    Number(text.size());
    Raw(text.data(), text.size());
  }
  void Numbers(std::span<const std::uint64_t> values) {
    Number(values.size());
    Raw(values.data(), values.size_bytes());
  }
  template <typename List, typename Put>
  void Each(const List& list, const Put& put) {
    Number(list.size());
    for (const auto& item : list) put(item);
  }

  // Removes everything, and keeps the memory.
  void Clear() { bytes_.clear(); }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void Raw(const void* data, std::size_t size) {
    const auto* const from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

  std::vector<std::byte> bytes_;
};

// Takes values from the front. Once something is missing or not what it must be, `failed` stays
// true, and zeros and empty values follow.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  // Whether everything was read, and nothing is left.
  bool Ended() const { return !failed_ && bytes_.empty(); }
  void Fail() { failed_ = true; }

  std::uint64_t Number() {
    std::uint64_t value = 0;
    const auto bytes = Take(sizeof value);
    if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  bool Flag() {
    const std::uint64_t value = Number();
    if (value > 1) failed_ = true;
    return value == 1;
  }
  // Reads a case of an enum whose cases are 0 to `count` - 1.
  template <typename Enum>
  Enum Case(int count) {
    const std::uint64_t value = Number();
    if (value < static_cast<std::uint64_t>(count)) return static_cast<Enum>(value);
    failed_ = true;
    return Enum{};
  }
  std::string Text() { return std::string(TextView()); }
  // Valid as long as the bytes.
  std::string_view TextView() {
    const auto bytes = Take(Number());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  void Numbers(std::vector<std::uint64_t>& values) {
    values.clear();
    for (std::uint64_t left = Count(sizeof(std::uint64_t)); left > 0; --left) {
      values.push_back(Number());
    }
  }
  // Returns the number of items that follow, each of at least `least` bytes.
  std::uint64_t Count(std::size_t least) {
    const std::uint64_t count = Number();
    if (count > bytes_.size() / least) failed_ = true;
    return failed_ ? 0 : count;
  }
  // Calls `take` for each item of a list; `least` as above.
  template <typename Take>
  void Each(std::size_t least, const Take& take) {
    for (std::uint64_t left = Count(least); left > 0 && !failed_; --left) take();
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

void Put(const TensorInfo& info, Writer& to);
TensorInfo TakeTensorInfo(Reader& from);
void Put(const std::vector<TensorInfo>& infos, Writer& to);
std::vector<TensorInfo> TakeTensorInfos(Reader& from);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_WIRE_H_
