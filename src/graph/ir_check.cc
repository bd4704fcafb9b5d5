#include "graph/ir_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <system_error>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {
namespace {

struct TypeBits {
  std::string_view name;
  std::uint64_t bits;
};

// The names of element types in IRs of all versions, in lower case.
constexpr auto kTypes = std::to_array<TypeBits>(
    {{"f64", 64},   {"f32", 32},   {"f16", 16},    {"bf16", 16}, {"i64", 64},  {"i32", 32},
     {"i16", 16},   {"i8", 8},     {"i4", 4},      {"i2", 2},    {"u64", 64},  {"u32", 32},
     {"u16", 16},   {"u8", 8},     {"u6", 6},      {"u4", 4},    {"u3", 3},    {"u2", 2},
     {"u1", 1},     {"bin", 1},    {"boolean", 8}, {"bool", 8},  {"nf4", 4},   {"f4e2m1", 4},
     {"f8e4m3", 8}, {"f8e5m2", 8}, {"f8e8m0", 8},  {"fp64", 64}, {"fp32", 32}, {"fp16", 16}});
constexpr std::string_view kString = "string";

std::optional<std::uint64_t> BitsOf(std::string_view type) {
  const std::string lower = ToLower(type);
  const auto found = std::ranges::find(kTypes, lower, &TypeBits::name);
  return found == kTypes.end() ? std::nullopt : std::optional(found->bits);
}

// Digits alone.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The product of "1, 3,224"; 1 for a scalar. Empty where it is no such list, or beyond 64 bits.
std::optional<std::uint64_t> CountElements(std::string_view shape) {
  std::uint64_t count = 1;
  bool empty = false;
  for (std::size_t begin = 0; begin < shape.size();) {
    const std::size_t end = std::min(shape.find(',', begin), shape.size());
    std::string_view extent = shape.substr(begin, end - begin);
    extent.remove_prefix(std::min(extent.find_first_not_of(' '), extent.size()));
    const auto number = ParseNumber(extent);
    if (!number) return std::nullopt;
    // One of 0 does not make the others' product a small one on its way.
    empty = empty || *number == 0;
    if (*number != 0 && __builtin_mul_overflow(count, *number, &count)) return std::nullopt;
    begin = end + 1;
  }
  return empty ? 0 : count;
}

class Scanner {
 public:
  explicit Scanner(std::string_view name) : name_(name) {}

  Result<IrScan> Scan(const pugi::xml_document& document) {
    pugi::xml_node node = document.first_child();
    for (int depth = 1; node;) {
      if (auto checked = Check(node); !checked) return Fail(std::move(checked));
      if (node.first_child()) {
        node = node.first_child();
        if (++depth > kMaxIrDepth) return TooDeep();
        continue;
      }
      while (node && !node.next_sibling()) {
        node = node.parent();
        --depth;
      }
      node = node ? node.next_sibling() : node;
    }
    return scan_;
  }

 private:
  std::unexpected<Error> TooDeep() const {
    return Fail(ErrorCode::kRuntimeError, "{} has elements more than {} deep, as no IR has", name_,
                kMaxIrDepth);
  }
  std::unexpected<Error> Misfit(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument,
                "{} has a constant {}; no converter writes such an IR, so convert the model again",
                name_, what);
  }

  // Whatever has a place in the weights, by whichever name: readers know a layer by several.
  Result<void> Check(const pugi::xml_node& node) {
    if (!node.attribute("offset") || !node.attribute("size")) return {};
    for (const char* const key : {"offset", "size", "shape", "element_type"}) {
      if (CountOf(node, key) > 1) return Misfit(fmt::format("with {} twice", key));
    }
    const auto offset = ParseNumber(node.attribute("offset").value());
    const auto size = ParseNumber(node.attribute("size").value());
    std::uint64_t end = 0;
    if (!offset || !size || __builtin_add_overflow(*offset, *size, &end)) {
      return Misfit("whose place in the weights is no number");
    }
    scan_.has_weights = true;
    scan_.needed_bytes = std::max(scan_.needed_bytes, end);
    return node.attribute("element_type") ? CheckShape(node, *size) : Result<void>();
  }

  Result<void> CheckShape(const pugi::xml_node& data, std::uint64_t size) const {
    const std::string_view type = data.attribute("element_type").value();
    if (ToLower(type) == kString) {
      return Fail(ErrorCode::kUnsupported,
                  "{} has a constant of strings, which Namesake does not load; convert the model "
                  "without its texts",
                  name_);
    }
    const auto bits = BitsOf(type);
    if (!bits) return Misfit(fmt::format("of the unknown type \"{}\"", Printable(type)));
    const auto count = CountElements(data.attribute("shape").value());
    std::uint64_t wanted = 0;
    if (!count || __builtin_mul_overflow(*count, *bits, &wanted) || wanted / 8 > size ||
        (wanted / 8 == size && wanted % 8 != 0)) {
      return Misfit(fmt::format("of more elements than its {} bytes hold", size));
    }
    return {};
  }

  static std::ptrdiff_t CountOf(const pugi::xml_node& node, std::string_view key) {
    return std::ranges::count_if(node.attributes(), [&](const pugi::xml_attribute& attribute) {
      return attribute.name() == key;
    });
  }

  const std::string_view name_;
  IrScan scan_;
};

}  // namespace

Result<IrScan> ScanIr(std::span<const std::byte> xml, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(xml.data()), xml.size());
  // A reader may take bytes that are no UTF-8 for another alphabet, and then finds another
  // document.
  if (text.contains('\0') || !IsUtf8(text)) {
    return Fail(ErrorCode::kRuntimeError, "{} is not UTF-8, as an IR is; copy it again", name);
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return Fail(ErrorCode::kRuntimeError, "{} is damaged or cut off: {} at byte {}; copy it again",
                name, parsed.description(), parsed.offset);
  }
  return Scanner(name).Scan(document);
}

}  // namespace namesake
