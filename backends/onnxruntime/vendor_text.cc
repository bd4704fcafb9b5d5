#include "backend_onnxruntime/vendor_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace namesake::onnxruntime {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
// A model chooses the names of its operations, which may be of any length.
constexpr std::size_t kMostNameBytes = 256;
constexpr std::size_t kMostWordBytes = 4096;

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string Shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return base::Printable(text);
  return base::Printable(text.substr(0, most)) + "…";
}

// Takes what is before `end` from `text`, and `end` too. Empty, and nothing taken, without it.
std::optional<std::string_view> TakeUntil(std::string_view end, std::string_view& text) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

std::string OperationName(std::string_view type, std::string_view name) {
  const std::string shown = Shortened(type, kMostNameBytes);
  if (name.empty()) return shown;
  return fmt::format("{} (\"{}\")", shown, Shortened(name, kMostNameBytes));
}

// The end of "void onnxruntime::Graph::Resolve(const Options&) const ": of a function's signature.
std::size_t SignatureEnd(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '<') ++depth;
    if (text[i] == ')' || text[i] == '>') --depth;
    if (text[i] != ')' || depth != 0) continue;
    constexpr std::string_view kConst = " const";
    const std::string_view rest = text.substr(i + 1);
    return i + 1 + (rest.starts_with(kConst) ? kConst.size() : 0);
  }
  return 0;
}

// Such as "/src/core/graph/graph.cc:1587 void onnxruntime::Graph::Load(int) " and
// "graph.cc:4441 InjectInitializers ", which say where ONNX Runtime noticed a problem.
std::string_view WithoutSourcePlace(std::string_view text) {
  text = Trimmed(text);
  const std::size_t blank = text.find(' ');
  const std::string_view place = text.substr(0, blank);
  const std::size_t colon = place.rfind(':');
  if (blank == std::string_view::npos || colon == std::string_view::npos) return text;
  if (!base::ParseDigits(place.substr(colon + 1))) return text;
  const std::string_view file = place.substr(0, colon);
  if (!file.ends_with(".cc") && !file.ends_with(".h") && !file.ends_with(".cpp")) return text;
  const std::string_view rest = text.substr(blank + 1);
  if (file.starts_with('/')) return Trimmed(rest.substr(SignatureEnd(rest)));
  return Trimmed(rest.substr(std::min(rest.find(' '), rest.size())));
}

// "[ONNXRuntimeError] : 1 : FAIL : ", which an error that passed through another one begins with.
std::string_view WithoutCode(std::string_view text) {
  if (!text.starts_with("[ONNXRuntimeError] : ")) return text;
  for (int i = 0; i < 3; ++i) TakeUntil(" : ", text);
  return text;
}

std::string_view Bare(std::string_view text) {
  for (std::size_t before = 0; before != text.size();) {
    before = text.size();
    text = WithoutCode(WithoutSourcePlace(text));
  }
  return text;
}

struct Parsed {
  std::string clause;
  std::string_view words;
};

// Non-zero status code returned while running Gather node. Name:'g' Status Message: …
std::optional<Parsed> ParseRun(std::string_view text) {
  if (!TakeUntil("returned while running ", text)) return std::nullopt;
  const auto type = TakeUntil(" node. Name:'", text);
  const auto name = TakeUntil("' Status Message: ", text);
  if (!type || !name) return std::nullopt;
  // An operation within a Loop or an If names itself in turn.
  if (auto inner = ParseRun(text)) return inner;
  return Parsed{fmt::format("its operation {} failed", OperationName(*type, *name)), text};
}

// … In Node, ("foo", Foo, "", -1) : (…) -> (…) , Error …
std::optional<Parsed> ParseInvalidNode(std::string_view text) {
  if (!TakeUntil("In Node, (\"", text)) return std::nullopt;
  const auto name = TakeUntil("\", ", text);
  const auto type = TakeUntil(", \"", text);
  if (!name || !type || !TakeUntil(" , Error ", text)) return std::nullopt;
  return Parsed{fmt::format("its operation {} is not valid", OperationName(*type, *name)), text};
}

// Node (mm) Op (MatMul) [ShapeInferenceError] …
std::optional<Parsed> ParseShapes(std::string_view text) {
  if (!TakeUntil("Node (", text)) return std::nullopt;
  const auto name = TakeUntil(") Op (", text);
  const auto type = TakeUntil(") [", text);
  if (!name || !type || !TakeUntil("] ", text)) return std::nullopt;
  return Parsed{fmt::format("its operation {} is not valid", OperationName(*type, *name)), text};
}

// Could not find an implementation for Add(14) node with name 'adder'
std::optional<Parsed> ParseUnimplemented(std::string_view text) {
  const std::string_view words = text;
  if (!TakeUntil("Could not find an implementation for ", text)) return std::nullopt;
  const auto type = TakeUntil("(", text);
  if (!type || !TakeUntil("'", text)) return std::nullopt;
  return Parsed{fmt::format("it has no implementation of the operation {} for these element types",
                            OperationName(*type, text.substr(0, text.rfind('\'')))),
                words};
}

// Fatal error: pkg:Foo(-1) is not a registered function/op
std::optional<Parsed> ParseUnknown(std::string_view text) {
  const std::string_view words = text;
  if (!TakeUntil("Fatal error: ", text)) return std::nullopt;
  const auto type = TakeUntil("(", text);
  if (!type || !text.ends_with(" is not a registered function/op")) return std::nullopt;
  return Parsed{fmt::format("it does not know the operation {}", OperationName(*type, "")), words};
}

}  // namespace

Fault ReadFault(std::string_view what) {
  Parsed parsed = {{}, Bare(what)};
  for (const auto& parse :
       {ParseRun, ParseInvalidNode, ParseShapes, ParseUnimplemented, ParseUnknown}) {
    if (auto found = parse(parsed.words)) {
      parsed = *std::move(found);
      break;
    }
  }
  const std::string_view words = Trimmed(Bare(parsed.words));
  return {.clause = std::move(parsed.clause),
          .words = Shortened(words, kMostWordBytes),
          .is_out_of_memory =
              words.contains("Failed to allocate memory") || words.contains("bad_alloc")};
}

}  // namespace namesake::onnxruntime
