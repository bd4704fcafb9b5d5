// Runs a script of wasi-nn operations, and prints a line for each of them. The scenario tests run
// the same script over every interface.
//
//   probe [--codes] COMMAND…     each argument is one command
//   probe [--codes]              reads standard input, one command a line
//
// Words are separated by spaces. A word in double quotes may contain spaces, and \" \\ \n \xHH.
// Empty lines and lines that begin with # are skipped. Results:
//
//   gN, cN, tN                   a graph, an execution context, a tensor: numbered as they are made
//   ok
//   bytes 8 0000803f00000040     up to 64 bytes; for more, "bytes 4000 fnv1a 0123456789abcdef"
//   error CODE: TEXT             TEXT is the host's, and not printed with --codes
//   unsupported by this interface
//
// Commands follow. A handle can also be "#7", a number that nobody handed out. PART is hex:0011ff
// or a file's path. DATA is hex:…, text:…, zeros:COUNT, f32:0.5,1, i32:1,2, or a file's path. DIMS
// is 1,3,224,224 or "none". ENCODING, TARGET and TYPE are wasi:nn's names in lower case, or "#7".
//
//   interface                                    names the interface
//   load ENCODING TARGET PART…                   -> gN
//   load-by-name NAME                            -> gN
//   load-by-name-with-config NAME JSON           -> gN
//   load-named NAME ENCODING TARGET PART…        -> gN
//   register-named NAME ENCODING TARGET PATH     unregister-named NAME
//   list                                         the names, separated by ", "
//   describe gN                                  JSON
//   context gN                                   -> cN
//   tensor DIMS TYPE DATA                        -> tN
//   read tN                                      the shape and bytes that the host has
//   touch DIMS TYPE DATA                         makes a tensor and drops it
//   set-input cN NAME tN                         compute cN
//   infer cN [NAME tN]…                          sets these inputs and computes; works in every
//                                                interface, with whichever calls it has for that
//   get-output cN NAME [BUFFER_BYTES]            the bytes; only witx uses the buffer's size
//   shape cN NAME                                an output's shape: "1,4 f32"
//   drop gN|cN|tN
//   make-error CODE TEXT                         makes an error and reads it back
//   hold-errors COUNT NAME                       that many errors of load-by-name, all held until
//                                                all are read
//   trap                                         ends the guest on the spot
//   grow PAGES                                   grows the memory by pages of 64 KiB -> pages N
//   repeat COUNT COMMAND…                        prints equal results in a row as one line,
//                                                "ok (9 times)", and handles as
//                                                "g1 … g9 (9 times)"
//
// A malformed script ends with exit code 2, or with 1 if the interface of commands knows only
// success and failure.

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <span>

#include "adapter.h"
#include "common/file.h"

namespace probe {

std::optional<std::uint32_t> NumberOf(std::string_view name,
                                      std::initializer_list<std::string_view> names) {
  std::uint32_t number = 0;
  for (const std::string_view known : names) {
    if (name == known) return number;
    ++number;
  }
  if (!name.starts_with('#')) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

namespace {

using Words = std::span<const std::string>;

[[noreturn]] void Reject(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "probe: %s\n", what.c_str());
  std::exit(2);
}

// The output of one command.
struct Outcome {
  std::string line;
  bool is_handle = false;
};

class Probe {
 public:
  explicit Probe(bool codes_only) : codes_only_(codes_only) {}

  void RunLine(std::string_view line);

 private:
  using Command = Outcome (Probe::*)(Words);
  struct Known {
    Command command;
    std::size_t min_words;
    std::size_t max_words;
  };
  static const std::map<std::string_view, Known>& Commands();

  Outcome Run(Words words);
  void Repeat(Words words);
  void HoldErrors(Words words);

  Outcome Interface(Words) { return {std::string(InterfaceName())}; }
  Outcome Load(Words words) {
    return Named(graphs_, 'g', probe::Load(Parts(words.subspan(2)), {words[0], words[1]}));
  }
  Outcome LoadByName(Words words) { return Named(graphs_, 'g', probe::LoadByName(words[0])); }
  Outcome LoadByNameWithConfig(Words words) {
    return Named(graphs_, 'g', probe::LoadByNameWithConfig(words[0], words[1]));
  }
  Outcome LoadNamed(Words words) {
    return Named(graphs_, 'g',
                 probe::LoadNamed(Parts(words.subspan(3)), {words[1], words[2]}, words[0]));
  }
  Outcome RegisterNamed(Words words) {
    return Done(probe::RegisterNamed(words[0], {words[1], words[2]}, words[3]));
  }
  Outcome UnregisterNamed(Words words) { return Done(probe::UnregisterNamed(words[0])); }
  Outcome List(Words words);
  Outcome Describe(Words words) {
    const auto text = probe::Describe(Find(graphs_, 'g', words[0]));
    return text ? Outcome{*text} : Failed(text.error());
  }
  Outcome InitContext(Words words) {
    return Named(contexts_, 'c', probe::InitContext(Find(graphs_, 'g', words[0])));
  }
  Outcome MakeTensor(Words words);
  Outcome ReadTensor(Words words);
  Outcome SetInput(Words words) {
    return Done(
        probe::SetInput(Find(contexts_, 'c', words[0]), words[1], Find(tensors_, 't', words[2])));
  }
  Outcome Compute(Words words) { return Done(probe::Compute(Find(contexts_, 'c', words[0]))); }
  Outcome Touch(Words words);
  Outcome Infer(Words words);
  [[noreturn]] Outcome Trap(Words) { __builtin_trap(); }
  Outcome GetOutput(Words words);
  Outcome Shape(Words words);
  Outcome Drop(Words words);
  Outcome MakeError(Words words) {
    const auto error = probe::MakeError(words[0], words[1]);
    return Failed(error ? *error : error.error());
  }
  Outcome Grow(Words words);

  template <typename Handle>
  Outcome Named(std::vector<Handle>& handles, char kind, const Result<Handle>& handle) {
    if (!handle) return Failed(handle.error());
    handles.push_back(*handle);
    return {kind + std::to_string(handles.size()), /*is_handle=*/true};
  }
  template <typename Handle>
  Handle Find(const std::vector<Handle>& handles, char kind, const std::string& name) {
    if (const auto number = NumberOf(name, {})) return static_cast<Handle>(*number);
    const auto place = name.starts_with(kind) ? NumberOf("#" + name.substr(1), {}) : std::nullopt;
    if (!place || *place == 0 || *place > handles.size()) {
      Reject("there is no " + name + " of the kind " + kind);
    }
    return handles[*place - 1];
  }

  Outcome Done(const Result<void>& result) {
    return result ? Outcome{"ok"} : Failed(result.error());
  }
  Outcome Failed(const Error& error) {
    if (error.code == kUnsupported.code) return {error.code};
    const bool show_text = !codes_only_ && !error.text.empty();
    return {"error " + error.code + (show_text ? ": " + error.text : "")};
  }

  std::vector<Bytes> Parts(Words words);

  const bool codes_only_;
  // Handle N is element N - 1, dropped or not.
  std::vector<Graph> graphs_;
  std::vector<Context> contexts_;
  std::vector<Tensor> tensors_;
};

template <typename Number>
Number ToNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Reject("not a number: " + std::string(text));
  }
  return number;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::uint8_t HexByte(std::string_view digits) {
  std::uint8_t byte = 0;
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, byte, 16);
  if (digits.size() != 2 || result.ec != std::errc() || result.ptr != end) {
    Reject("not two hexadecimal digits: " + std::string(digits));
  }
  return byte;
}

template <typename Number, typename Parse>
Bytes Numbers(std::string_view list, Parse parse) {
  Bytes bytes;
  for (const std::string& text : Split(list, ',')) {
    const Number number = parse(text);
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(&number);
    bytes.insert(bytes.end(), begin, begin + sizeof(Number));
  }
  return bytes;
}

Bytes Data(std::string_view word) {
  const auto after = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (!word.starts_with(prefix)) return std::nullopt;
    return word.substr(prefix.size());
  };
  if (const auto digits = after("hex:")) {
    Bytes bytes;
    for (std::size_t i = 0; i < digits->size(); i += 2) {
      bytes.push_back(HexByte(digits->substr(i, 2)));
    }
    return bytes;
  }
  if (const auto text = after("text:")) return {text->begin(), text->end()};
  if (const auto count = after("zeros:")) return Bytes(ToNumber<std::size_t>(*count));
  if (const auto list = after("f32:")) {
    return Numbers<float>(*list,
                          [](const std::string& t) { return std::strtof(t.c_str(), nullptr); });
  }
  if (const auto list = after("i32:")) return Numbers<std::int32_t>(*list, ToNumber<std::int32_t>);
  std::string contents;
  std::string error;
  if (!ReadFile(std::string(word), &contents, &error)) {
    Reject("can't read " + std::string(word) + ": " + error);
  }
  return {contents.begin(), contents.end()};
}

std::vector<Bytes> Probe::Parts(Words words) {
  std::vector<Bytes> parts;
  for (const std::string& word : words) parts.push_back(Data(word));
  return parts;
}

std::string ShapeText(const TensorValue& tensor) {
  std::string dims;
  for (const std::uint32_t dim : tensor.dims) {
    dims += (dims.empty() ? "" : ",") + std::to_string(dim);
  }
  return (dims.empty() ? "none" : dims) + " " + tensor.type;
}

std::string BytesText(const Bytes& bytes) {
  constexpr std::size_t kMaxShown = 64;
  char digits[17];
  std::string text = "bytes " + std::to_string(bytes.size());
  if (bytes.size() > kMaxShown) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
    std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(hash));
    return text + " fnv1a " + digits;
  }
  if (!bytes.empty()) text += ' ';
  for (const std::uint8_t byte : bytes) {
    std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned>(byte));
    text += digits;
  }
  return text;
}

Outcome Probe::List(Words) {
  const auto names = ListNamed();
  if (!names) return Failed(names.error());
  std::string line;
  for (const std::string& name : *names) line += (line.empty() ? "" : ", ") + name;
  return {"names: " + line};
}

TensorValue ToTensorValue(Words words) {
  TensorValue value = {.dims = {}, .type = words[1], .data = Data(words[2])};
  if (words[0] != "none") {
    for (const std::string& dim : Split(words[0], ',')) {
      value.dims.push_back(ToNumber<std::uint32_t>(dim));
    }
  }
  return value;
}

Outcome Probe::MakeTensor(Words words) {
  return Named(tensors_, 't', probe::MakeTensor(ToTensorValue(words)));
}

Outcome Probe::Touch(Words words) {
  const auto tensor = probe::MakeTensor(ToTensorValue(words));
  return tensor ? Done(probe::Drop(*tensor)) : Failed(tensor.error());
}

Outcome Probe::Infer(Words words) {
  if (words.size() % 2 == 0) Reject("infer takes a context and pairs of a name and a tensor");
  std::vector<NamedTensor> inputs;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    inputs.push_back({words[i], Find(tensors_, 't', words[i + 1])});
  }
  return Done(probe::Infer(Find(contexts_, 'c', words[0]), inputs));
}

Outcome Probe::ReadTensor(Words words) {
  const auto value = probe::ReadTensor(Find(tensors_, 't', words[0]));
  if (!value) return Failed(value.error());
  return {ShapeText(*value) + " " + BytesText(value->data)};
}

Outcome Probe::GetOutput(Words words) {
  std::optional<std::size_t> buffer_bytes;
  if (words.size() == 3) buffer_bytes = ToNumber<std::size_t>(words[2]);
  const auto value = probe::GetOutput(Find(contexts_, 'c', words[0]), words[1], buffer_bytes);
  return value ? Outcome{BytesText(value->data)} : Failed(value.error());
}

Outcome Probe::Shape(Words words) {
  const auto value = probe::GetOutput(Find(contexts_, 'c', words[0]), words[1], std::nullopt);
  if (!value) return Failed(value.error());
  return value->type.empty() ? Failed(kUnsupported) : Outcome{ShapeText(*value)};
}

Outcome Probe::Drop(Words words) {
  switch (words[0].front()) {
    case 'g':
      return Done(probe::Drop(Find(graphs_, 'g', words[0])));
    case 'c':
      return Done(probe::Drop(Find(contexts_, 'c', words[0])));
    case 't':
      return Done(probe::Drop(Find(tensors_, 't', words[0])));
    default:
      Reject("can't drop " + words[0]);
  }
}

Outcome Probe::Grow(Words words) {
  const std::size_t before = __builtin_wasm_memory_grow(0, ToNumber<std::size_t>(words[0]));
  if (before == static_cast<std::size_t>(-1)) return {"error: the memory does not grow"};
  return {"pages " + std::to_string(__builtin_wasm_memory_size(0))};
}

const std::map<std::string_view, Probe::Known>& Probe::Commands() {
  constexpr std::size_t kAny = 1000;
  static const std::map<std::string_view, Known> commands = {
      {"interface", {&Probe::Interface, 0, 0}},
      {"load", {&Probe::Load, 2, kAny}},
      {"load-by-name", {&Probe::LoadByName, 1, 1}},
      {"load-by-name-with-config", {&Probe::LoadByNameWithConfig, 2, 2}},
      {"load-named", {&Probe::LoadNamed, 3, kAny}},
      {"register-named", {&Probe::RegisterNamed, 4, 4}},
      {"unregister-named", {&Probe::UnregisterNamed, 1, 1}},
      {"list", {&Probe::List, 0, 0}},
      {"describe", {&Probe::Describe, 1, 1}},
      {"context", {&Probe::InitContext, 1, 1}},
      {"tensor", {&Probe::MakeTensor, 3, 3}},
      {"read", {&Probe::ReadTensor, 1, 1}},
      {"touch", {&Probe::Touch, 3, 3}},
      {"infer", {&Probe::Infer, 1, kAny}},
      {"trap", {&Probe::Trap, 0, 0}},
      {"set-input", {&Probe::SetInput, 3, 3}},
      {"compute", {&Probe::Compute, 1, 1}},
      {"get-output", {&Probe::GetOutput, 2, 3}},
      {"shape", {&Probe::Shape, 2, 2}},
      {"drop", {&Probe::Drop, 1, 1}},
      {"make-error", {&Probe::MakeError, 2, 2}},
      {"grow", {&Probe::Grow, 1, 1}},
  };
  return commands;
}

Outcome Probe::Run(Words words) {
  const auto known = Commands().find(words[0]);
  if (known == Commands().end()) Reject("unknown command " + words[0]);
  const Words arguments = words.subspan(1);
  if (arguments.size() < known->second.min_words || arguments.size() > known->second.max_words) {
    Reject(words[0] + " does not take " + std::to_string(arguments.size()) + " words");
  }
  return (this->*known->second.command)(arguments);
}

// Prints outcomes, and merges equal ones in a row into one line.
class Printer {
 public:
  ~Printer() { Print(); }

  void Add(const Outcome& outcome) {
    const bool goes_on = count_ > 0 && outcome.is_handle == last_.is_handle &&
                         (outcome.is_handle || outcome.line == last_.line);
    if (!goes_on) {
      Print();
      first_ = outcome;
      count_ = 0;
    }
    last_ = outcome;
    ++count_;
  }

 private:
  void Print() const {
    if (count_ == 0) return;
    const std::string line =
        first_.line == last_.line ? first_.line : first_.line + " … " + last_.line;
    std::printf("%s (%u times)\n", line.c_str(), count_);
  }

  Outcome first_;
  Outcome last_;
  std::uint32_t count_ = 0;
};

void Probe::Repeat(Words words) {
  const auto count = ToNumber<std::uint32_t>(words[0]);
  Printer printer;
  for (std::uint32_t i = 0; i < count; ++i) printer.Add(Run(words.subspan(1)));
}

void Probe::HoldErrors(Words words) {
  Printer printer;
  for (const Error& error : probe::HoldErrors(ToNumber<std::uint32_t>(words[0]), words[1])) {
    printer.Add(Failed(error));
  }
}

// Takes one word off the start of `line`.
std::string TakeWord(std::string_view* line) {
  std::string word;
  const bool is_quoted = line->starts_with('"');
  if (!is_quoted) {
    const std::size_t end = std::min(line->find(' '), line->size());
    word = line->substr(0, end);
    line->remove_prefix(end);
    return word;
  }
  for (line->remove_prefix(1); !line->starts_with('"'); line->remove_prefix(1)) {
    if (line->empty()) Reject("a quotation mark is missing");
    if (!line->starts_with('\\')) {
      word += line->front();
    } else if (line->starts_with("\\x")) {
      word += static_cast<char>(HexByte(line->substr(2, 2)));
      line->remove_prefix(3);
    } else {
      line->remove_prefix(1);
      if (line->empty()) Reject("a quotation mark is missing");
      word += line->front() == 'n' ? '\n' : line->front();
    }
  }
  line->remove_prefix(1);
  return word;
}

std::vector<std::string> ToWords(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    words.push_back(TakeWord(&line));
  }
}

void Probe::RunLine(std::string_view line) {
  const std::vector<std::string> words = ToWords(line);
  if (words.empty() || words[0].starts_with('#')) return;
  if (words[0] == "repeat") {
    if (words.size() < 3) Reject("repeat takes a count and a command");
    Repeat(Words(words).subspan(1));
  } else if (words[0] == "hold-errors") {
    if (words.size() != 3) Reject("hold-errors takes a count and a name");
    HoldErrors(Words(words).subspan(1));
  } else {
    std::printf("%s\n", Run(words).line.c_str());
  }
  // A test may wait for this line before it writes the next command.
  std::fflush(stdout);
}

void RunStandardInput(Probe& probe) {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    probe.RunLine(line);
    line.clear();
  }
  probe.RunLine(line);
}

}  // namespace
}  // namespace probe

int main(int argc, char** argv) {
  std::span<char*> arguments(argv + 1, argv + argc);
  const bool codes_only = !arguments.empty() && std::strcmp(arguments[0], "--codes") == 0;
  if (codes_only) arguments = arguments.subspan(1);
  probe::Probe probe(codes_only);
  if (arguments.empty()) probe::RunStandardInput(probe);
  for (const char* command : arguments) probe.RunLine(command);
}
