#include "graph/ir_check.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <pugixml.hpp>
#include <string>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::graph {
namespace {

// This many elements are packed into this many bytes; fewer elements take all of them.
struct Packing {
  std::string_view type;
  std::uint64_t elements;
  std::uint64_t bytes;
};

// The element types in IRs of all versions, in lower case.
constexpr auto kPackings = std::to_array<Packing>(
    {{"f64", 1, 8},     {"f32", 1, 4},    {"f16", 1, 2},  {"bf16", 1, 2},   {"i64", 1, 8},
     {"i32", 1, 4},     {"i16", 1, 2},    {"i8", 1, 1},   {"i4", 2, 1},     {"i2", 4, 1},
     {"u64", 1, 8},     {"u32", 1, 4},    {"u16", 1, 2},  {"u8", 1, 1},     {"u6", 4, 3},
     {"u4", 2, 1},      {"u3", 8, 3},     {"u2", 4, 1},   {"u1", 8, 1},     {"bin", 8, 1},
     {"boolean", 1, 1}, {"bool", 1, 1},   {"nf4", 2, 1},  {"f4e2m1", 2, 1}, {"f8e4m3", 1, 1},
     {"f8e5m2", 1, 1},  {"f8e8m0", 1, 1}, {"fp64", 1, 8}, {"fp32", 1, 4},   {"fp16", 1, 2}});
constexpr std::string_view kString = "string";

const Packing* PackingOf(std::string_view lower_type) {
  const auto found = std::ranges::find(kPackings, lower_type, &Packing::type);
  return found == kPackings.end() ? nullptr : &*found;
}

std::uint64_t GroupsOf(std::uint64_t count, std::uint64_t size) {
  return count / size + (count % size == 0 ? 0 : 1);
}

// Computes the product of "1, 3,224"; 1 for a scalar. Empty if it is not such a list, or exceeds 64
// bits.
std::optional<std::uint64_t> CountElements(std::string_view shape) {
  std::uint64_t count = 1;
  bool empty = false;
  for (std::size_t begin = 0; begin < shape.size();) {
    const std::size_t end = std::min(shape.find(',', begin), shape.size());
    std::string_view extent = shape.substr(begin, end - begin);
    extent.remove_prefix(std::min(extent.find_first_not_of(' '), extent.size()));
    const auto number = base::ParseDigits(extent);
    if (!number) return std::nullopt;
    // A 0 makes the result 0, but does not hide an overflow of the other factors.
    empty = empty || *number == 0;
    if (*number != 0 && __builtin_mul_overflow(count, *number, &count)) return std::nullopt;
    begin = end + 1;
  }
  return empty ? 0 : count;
}

class Scanner {
 public:
  explicit Scanner(const Wording& name) : name_(name) {}

  Result<IrScan> Scan(const pugi::xml_document& document) {
    pugi::xml_node node = document.first_child();
    for (int depth = 1; node;) {
      if (auto checked = Check(node); !checked) return base::Fail(std::move(checked));
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
    return base::Fail(ErrorCode::kRuntimeError,
                      "{} nests elements more than {} deep, which no IR does", name_, kMaxIrDepth);
  }
  std::unexpected<Error> Misfit(std::string_view what) const {
    return base::Fail(
        ErrorCode::kInvalidArgument,
        "{} has a constant {}; no converter writes such an IR, so convert the model again", name_,
        what);
  }

  Result<void> Check(const pugi::xml_node& node) {
    if (IsConstant(node)) return CheckConstant(node);
    if (!node.attribute("offset") || !node.attribute("size") || IsConstant(node.parent()))
      return {};
    // For example a mean image, which the reader interprets as the input's type, whatever that is.
    return base::Fail(
        ErrorCode::kUnsupported,
        "{} stores weights in <{}>, which only constants may do; convert the model again with a "
        "newer OpenVINO",
        name_, base::Printable(node.name()));
  }

  // The reader only recognizes "Const", and creates a constant without memory for other spellings.
  static bool IsConstant(const pugi::xml_node& node) {
    if (std::string_view(node.name()) != "layer") return false;
    const std::string type = base::ToLower(node.attribute("type").value());
    return type == "const" || type == "constant";
  }

  Result<void> CheckConstant(const pugi::xml_node& layer) {
    const std::string_view type = layer.attribute("type").value();
    if (type != "Const") {
      return Misfit(fmt::format("in a layer of type {}", base::Printable(type)));
    }
    const auto places = layer.children("data");
    if (std::distance(places.begin(), places.end()) != 1) {
      return Misfit("without exactly one data element");
    }
    const pugi::xml_node data = layer.child("data");
    if (data.attribute("value")) return Misfit("with both a value and a data location");
    for (const char* const key : {"offset", "size", "shape", "element_type"}) {
      if (CountOf(data, key) != 1) return Misfit(fmt::format("without exactly one {}", key));
    }
    const auto offset = base::ParseDigits(data.attribute("offset").value());
    const auto size = base::ParseDigits(data.attribute("size").value());
    std::uint64_t end = 0;
    if (!offset || !size || __builtin_add_overflow(*offset, *size, &end)) {
      return Misfit("whose offset or size in the weights is not a number");
    }
    scan_.has_weights = true;
    scan_.needed_bytes = std::max(scan_.needed_bytes, end);
    return CheckShape(data, *size);
  }

  Result<void> CheckShape(const pugi::xml_node& data, std::uint64_t size) const {
    const std::string_view type = data.attribute("element_type").value();
    const std::string lower = base::ToLower(type);
    if (lower == kString) {
      return base::Fail(ErrorCode::kUnsupported,
                        "{} has a constant of strings, which Namesake does not load; convert the "
                        "model without string constants",
                        name_);
    }
    const auto packing = PackingOf(lower);
    if (!packing) return Misfit(fmt::format("of unknown type \"{}\"", base::Printable(type)));
    const auto count = CountElements(data.attribute("shape").value());
    if (!count || GroupsOf(*count, packing->elements) > size / packing->bytes) {
      return Misfit(fmt::format("with more elements than its {} bytes hold", size));
    }
    return {};
  }

  static std::ptrdiff_t CountOf(const pugi::xml_node& node, std::string_view key) {
    return std::ranges::count_if(node.attributes(), [&](const pugi::xml_attribute& attribute) {
      return attribute.name() == key;
    });
  }

  const Wording& name_;
  IrScan scan_;
};

}  // namespace

Result<IrScan> ScanIr(std::span<const std::byte> xml, const Wording& name) {
  const std::string_view text = base::AsText(xml);
  // A reader may take bytes that are not UTF-8 for another character set, and see another document.
  if (text.contains('\0') || !base::IsUtf8(text)) {
    return base::Fail(ErrorCode::kRuntimeError, "{} is not UTF-8, as an IR must be; copy it again",
                      name);
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    const Wording reason = {"", fmt::format(": {}", parsed.description())};
    return base::Fail(ErrorCode::kRuntimeError,
                      "{} is damaged or cut off{} at byte {}; copy it again", name, reason,
                      parsed.offset);
  }
  return Scanner(name).Scan(document);
}

IrOrigin ReadIrOrigin(std::span<const std::byte> xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  const pugi::xml_node net = document.document_element();
  const pugi::xml_node info = net.child("rt_info");
  // Every OpenVINO version writes at least one of them.
  const auto places = std::to_array<pugi::xml_node>(
      {info.find_child_by_attribute("info", "name", "OpenVINO Runtime"),
       info.child("Runtime_version"), info.child("MO_version"),
       net.child("meta_data").child("MO_version")});
  IrOrigin origin{.version = net.attribute("version").value(), .writer = {}};
  for (const pugi::xml_node& place : places) {
    if (origin.writer.empty()) origin.writer = place.attribute("value").value();
  }
  return origin;
}

}  // namespace namesake::graph
