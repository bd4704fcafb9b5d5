#include "graph/known_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <system_error>

#include "base/text.h"
#include "graph/encoding_layout.h"
#include "graph/little_endian.h"
#include "graph/proto_fields.h"
#include "graph/zip_names.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

// The number of leading bytes that decide whether the content is text.
constexpr std::size_t kHeadBytes = 4096;

constexpr std::string_view kPickle =
    "a Python pickle, which only Python can read; export the model to ONNX";
constexpr std::string_view kCheckpoint =
    "a PyTorch checkpoint, which has weights but no graph; export the model to ONNX with "
    "torch.onnx.export";
constexpr std::string_view kExportedProgram =
    "a torch.export program; export the model to ONNX with torch.onnx.export";
constexpr std::string_view kKeras =
    "a Keras model; load it in Keras and save a SavedModel with model.export(DIRECTORY)";
constexpr std::string_view kHdf5 =
    "an HDF5 file, as Keras writes; load it in Keras and save a SavedModel with "
    "model.export(DIRECTORY)";
constexpr std::string_view kCoreMl =
    "a Core ML model; export the original model to ONNX or OpenVINO IR";
constexpr std::string_view kArray = "a NumPy array, not a model; give the model file";
constexpr std::string_view kOldGgml =
    "a GGML file from before GGUF; get the model as ONNX or OpenVINO IR";
constexpr std::string_view kSafetensors =
    "a safetensors file, which has weights but no graph; export the model to ONNX or OpenVINO IR";
constexpr std::string_view kSavedModelGraph =
    "the graph of a TensorFlow SavedModel; give the directory that contains it";
constexpr std::string_view kGzip = "a gzip archive; unpack it and give the model in it";
constexpr std::string_view kBzip2 = "a bzip2 archive; unpack it and give the model in it";
constexpr std::string_view kXz = "an xz archive; unpack it and give the model in it";
constexpr std::string_view kZstd = "a zstd archive; unpack it and give the model in it";
constexpr std::string_view kSevenZip = "a 7z archive; unpack it and give the model in it";
constexpr std::string_view kTar = "a tar archive; unpack it and give the model in it";
constexpr std::string_view kZip = "a zip archive; unpack it and give the model in it";
constexpr std::string_view kDamagedZip =
    "a zip archive that is cut off or damaged; download it again";
constexpr std::string_view kWasm = "a WebAssembly file, not a model; give the model file";
constexpr std::string_view kElf = "a program or a library, not a model; give the model file";
constexpr std::string_view kOrt =
    "a model in ONNX Runtime's own format; give the ONNX model that it was made from";
constexpr std::string_view kExecuTorch =
    "an ExecuTorch program; export the model to ONNX with torch.onnx.export";
constexpr std::string_view kPointer =
    "a Git LFS pointer, not the model; fetch the model with git lfs pull";
constexpr std::string_view kHtml =
    "an HTML page, as a failed download leaves it; download the model again";
constexpr std::string_view kJson = "JSON, not a model; give the model file";
constexpr std::string_view kXml = "XML, but not an OpenVINO IR; give the model file";
constexpr std::string_view kOnnxText = "an ONNX model in text form; save it in binary form";
constexpr std::string_view kGraphDefText =
    "a TensorFlow graph in text form; save it in binary form";
constexpr std::string_view kText =
    "plain text, not a model; give the model file, or download it again";
constexpr std::string_view kZeros =
    "a file that starts with zeros, as an interrupted download leaves it; download the model again";

struct Magic {
  std::size_t at;
  std::string_view bytes;
  std::string_view text;
};

constexpr auto kMagics = std::to_array<Magic>({
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, kCheckpoint},
    {0, "\x89HDF\r\n\x1a\n"sv, kHdf5},
    {0, "\x93NUMPY"sv, kArray},
    {0, "lmgg"sv, kOldGgml},
    {0, "fmgg"sv, kOldGgml},
    {0, "tjgg"sv, kOldGgml},
    {0, "\x1f\x8b\x08"sv, kGzip},
    {0, "BZh"sv, kBzip2},
    {0, "\xfd\x37zXZ\0"sv, kXz},
    {0, "\x28\xb5\x2f\xfd"sv, kZstd},
    {0, "7z\xbc\xaf\x27\x1c"sv, kSevenZip},
    {257, "ustar"sv, kTar},
    {0, "\0asm"sv, kWasm},
    {0, "\x7f\x45LF"sv, kElf},
    {4, "ORTM"sv, kOrt},
    {4, "ET12"sv, kExecuTorch},
});

std::string_view MagicText(std::string_view content) {
  const auto found = std::ranges::find_if(kMagics, [&](const Magic& magic) {
    return content.size() > magic.at && content.substr(magic.at).starts_with(magic.bytes);
  });
  return found == kMagics.end() ? std::string_view() : found->text;
}

// Whether it starts like a pickle of protocol 2 to 5, followed by a frame or an opcode that makes
// an object.
bool IsPickle(std::string_view content) {
  return content.size() > 2 && content[0] == '\x80' && content[1] >= 2 && content[1] <= 5 &&
         "\x95\x8a\x8c(}])NKMcXGJU"sv.contains(content[2]);
}

// Whether it is a JSON object preceded by its length.
bool IsSafetensors(Bytes content) {
  constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // The format's own limit.
  const auto length = LittleEndian(content, 0, 8);
  if (!length || *length < 2 || *length > kMaxHeaderBytes) return false;
  const std::string_view header = base::AsText(content).substr(8, 2);
  return header.size() == 2 && header[0] == '{' && "\" }\n"sv.contains(header[1]);
}

// ---- Protocol Buffers

constexpr int kMaxFields = 16;

// Whether one of the first fields fits.
template <typename Fits>
bool HasField(Bytes message, Fits fits) {
  ProtoReader reader(message);
  for (int i = 0; i < kMaxFields; ++i) {
    const auto field = reader.Next();
    if (!field) return false;
    if (fits(*field)) return true;
  }
  return false;
}

bool IsField(const ProtoField& field, std::uint32_t number, WireType type) {
  return field.tag == ProtoTag{.number = number, .type = type};
}

// Version 1, then a graph with its GraphDef, whose first fields are nodes.
bool IsSavedModelGraph(Bytes content) {
  if (!base::AsText(content).starts_with("\x08\x01\x12"sv)) return false;
  return HasField(content, [](const ProtoField& graph) {
    return IsField(graph, 2, WireType::kBytes) &&
           HasField(graph.bytes, [](const ProtoField& graph_def) {
             return IsField(graph_def, 2, WireType::kBytes) &&
                    FirstTag(graph_def.bytes) == ProtoTag{.number = 1, .type = WireType::kBytes};
           });
  });
}

// A version and a description, then the kind of model, whose field numbers are far above ONNX's.
bool IsCoreMl(Bytes content) {
  constexpr std::uint32_t kFirstKind = 200;
  constexpr std::uint32_t kLastKind = 3000;
  const std::string_view text = base::AsText(content).substr(0, 3);
  if (text.size() < 3 || text[0] != '\x08' || text[1] > '\x1f' || text[2] != '\x12') return false;
  return HasField(content, [](const ProtoField& field) {
    return field.tag.type == WireType::kBytes && field.tag.number >= kFirstKind &&
           field.tag.number <= kLastKind;
  });
}

// ---- Zip archives

// Turns "archive/data.pkl" into "data.pkl".
std::string_view WithoutFolder(std::string_view name) {
  const auto slash = name.find('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
}

std::string_view ZipText(Bytes content) {
  ZipNames names(content);
  if (!names.found()) return kDamagedZip;
  bool arrays = true;
  std::string_view text;
  while (const auto name = names.Next()) {
    arrays = arrays && name->ends_with(".npy");
    if (!text.empty()) continue;
    const std::string_view inner = WithoutFolder(*name);
    if (*name == "model.weights.h5") text = kKeras;
    if (inner == "data.pkl") text = kCheckpoint;
    if (inner == "archive_format" || *name == "serialized_exported_program.json") {
      text = kExportedProgram;
    }
  }
  if (!text.empty()) return text;
  return arrays ? kArray : kZip;
}

// ---- Text

bool IsTextByte(char c) {
  return static_cast<unsigned char>(c) >= 0x20 ? c != '\x7f' : "\t\n\r\f"sv.contains(c);
}

bool IsText(std::string_view content) {
  std::string_view head = content.substr(0, kHeadBytes);
  if (head.empty() || !std::ranges::all_of(head, IsTextByte)) return false;
  // The head may end in the middle of a character.
  constexpr std::size_t kMaxCharacterBytes = 4;
  for (std::size_t i = 1; i < kMaxCharacterBytes && content.size() > kHeadBytes; ++i) {
    if (base::IsUtf8(head)) return true;
    head.remove_suffix(1);
  }
  return base::IsUtf8(head);
}

bool BeginsWithAny(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(
      beginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

std::string_view MarkupText(std::string_view head) {
  const std::string lower = base::ToLower(head);
  if (lower.contains("<!doctype html") || lower.contains("<html")) return kHtml;
  if (BeginsWithAny(lower, {"<ir_version", "< ir_version", "<\n"})) return kOnnxText;
  // The reader can say more about what may be an IR.
  return lower.contains("<net") ? std::string_view() : kXml;
}

std::string_view PlainText(std::string_view head) {
  if (head.starts_with("version https://git-lfs.github.com/spec/"sv)) return kPointer;
  if (BeginsWithAny(head, {"\xef\xbb\xbf"sv})) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (head.starts_with('<')) return MarkupText(head);
  if (BeginsWithAny(head, {"{", "["})) return kJson;
  if (BeginsWithAny(head, {"ir_version"})) return kOnnxText;
  if (BeginsWithAny(head, {"node {", "node{"})) return kGraphDefText;
  return kText;
}

}  // namespace

std::string_view KnownFileText(std::span<const std::byte> content) {
  const std::string_view text = base::AsText(content);
  const std::string_view head = text.substr(0, kHeadBytes);
  if (const auto magic = MagicText(text); !magic.empty()) return magic;
  if (text.starts_with("PK\x03\x04"sv) || text.starts_with("PK\x05\x06"sv)) return ZipText(content);
  if (IsPickle(text)) return kPickle;
  if (IsSafetensors(content)) return kSafetensors;
  if (IsSavedModelGraph(content)) return kSavedModelGraph;
  if (IsCoreMl(content)) return kCoreMl;
  if (IsText(text)) return PlainText(head);
  constexpr std::size_t kFewestZeros = 64;
  const bool zeros = std::ranges::all_of(head, [](char c) { return c == '\0'; });
  return zeros && head.size() >= kFewestZeros ? kZeros : std::string_view();
}

std::string_view FailedDownloadText(std::span<const std::byte> content) {
  const std::string_view text = KnownFileText(content);
  return text == kPointer || text == kHtml ? text : std::string_view();
}

std::string_view KnownDirectoryText(const std::filesystem::path& directory) {
  std::error_code ignored;
  const auto has = [&](const char* name) { return fs::exists(directory / name, ignored); };
  if (IsModelDirectory(directory, Encoding::kTensorFlow)) {
    return "a TensorFlow SavedModel; set its encoding to tensorflow";
  }
  if (has("Manifest.json") && has("Data")) return kCoreMl;
  return {};
}

}  // namespace namesake::graph
