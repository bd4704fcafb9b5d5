#include "graph/detect.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "graph/encoding_layout.h"
#include "graph/known_files.h"
#include "graph/little_endian.h"
#include "graph/proto_fields.h"
#include "graph/zip_names.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

std::optional<std::uint64_t> U32(Bytes content, std::size_t at) {
  return LittleEndian(content, at, 4);
}

// ---- Protocol Buffers

// The known fields of each message. Others are accepted: a later version may add fields.
constexpr WireType kVarint = WireType::kVarint;
constexpr WireType kBytes = WireType::kBytes;
constexpr std::uint32_t kModelVersion = 1;
constexpr std::uint32_t kModelGraph = 7;
constexpr ProtoTag kOnnxModel[] = {
    {kModelVersion, kVarint}, {2, kBytes}, {3, kBytes},  {4, kBytes},  {5, kVarint}, {6, kBytes},
    {kModelGraph, kBytes},    {8, kBytes}, {14, kBytes}, {20, kBytes}, {25, kBytes}, {26, kBytes}};
constexpr std::uint32_t kGraphNode = 1;
constexpr std::uint32_t kGraphOutput = 12;
constexpr ProtoTag kOnnxGraph[] = {
    {kGraphNode, kBytes},   {2, kBytes},  {5, kBytes},  {10, kBytes}, {11, kBytes},
    {kGraphOutput, kBytes}, {13, kBytes}, {14, kBytes}, {15, kBytes}, {16, kBytes}};
constexpr std::uint32_t kOnnxNodeOp = 4;
constexpr ProtoTag kOnnxNode[] = {{1, kBytes}, {2, kBytes}, {3, kBytes}, {kOnnxNodeOp, kBytes},
                                  {5, kBytes}, {6, kBytes}, {7, kBytes}, {8, kBytes},
                                  {9, kBytes}, {10, kBytes}};
constexpr std::uint32_t kGraphDefNode = 1;
constexpr ProtoTag kGraphDef[] = {
    {kGraphDefNode, kBytes}, {2, kBytes}, {3, kVarint}, {4, kBytes}, {5, kBytes}};
constexpr std::uint32_t kNodeDefName = 1;
constexpr std::uint32_t kNodeDefOp = 2;
constexpr ProtoTag kNodeDef[] = {{kNodeDefName, kBytes},
                                 {kNodeDefOp, kBytes},
                                 {3, kBytes},
                                 {4, kBytes},
                                 {5, kBytes},
                                 {6, kBytes},
                                 {7, kBytes}};

const ProtoTag* Find(std::span<const ProtoTag> known, std::uint32_t number) {
  const auto found = std::ranges::find(known, number, &ProtoTag::number);
  return found == known.end() ? nullptr : &*found;
}

// Whether the bytes can name an operator; readers accept nothing else.
bool IsIdentifier(Bytes bytes) {
  constexpr std::size_t kMaxBytes = 1024;
  return !bytes.empty() && bytes.size() <= kMaxBytes &&
         std::ranges::all_of(base::AsText(bytes), [](char c) { return c > ' ' && c <= '~'; });
}

// Examines nested messages, with a limited number of fields for each level.
class MessageLook {
 public:
  bool IsOnnxModel(Bytes content) {
    bool version = false;
    bool graph = false;
    const Seen seen = Look(0, content, kOnnxModel, [&](const ProtoField& field) {
      if (field.tag.number == kModelVersion) {
        return version = field.varint > 0 && field.varint <= kMaxOnnxVersion;
      }
      if (field.tag.number == kModelGraph) return graph = IsOnnxGraph(field.bytes);
      return true;
    });
    return seen != Seen::kMisfit && version && graph;
  }

  bool IsGraphDef(Bytes content) {
    bool node = false;
    const Seen seen = Look(0, content, kGraphDef, [&](const ProtoField& field) {
      return field.tag.number != kGraphDefNode || (node = IsNodeDef(field.bytes));
    });
    return seen != Seen::kMisfit && node;
  }

 private:
  static constexpr int kMaxFieldsPerLevel = 4096;
  static constexpr std::uint64_t kMaxOnnxVersion = 255;

  enum class Seen : std::uint8_t { kMisfit, kInPart, kWhole };

  bool IsOnnxGraph(Bytes content) {
    bool node_or_output = false;
    const Seen seen = Look(1, content, kOnnxGraph, [&](const ProtoField& field) {
      if (field.tag.number == kGraphNode && !IsOnnxNode(field.bytes)) return false;
      node_or_output |= field.tag.number == kGraphNode || field.tag.number == kGraphOutput;
      return true;
    });
    return seen == Seen::kInPart || (seen == Seen::kWhole && node_or_output);
  }

  bool IsOnnxNode(Bytes content) {
    bool op = false;
    const Seen seen = Look(2, content, kOnnxNode, [&](const ProtoField& field) {
      return field.tag.number != kOnnxNodeOp || (op = IsIdentifier(field.bytes));
    });
    return seen == Seen::kInPart || (seen == Seen::kWhole && op);
  }

  bool IsNodeDef(Bytes content) {
    bool name = false;
    bool op = false;
    const Seen seen = Look(1, content, kNodeDef, [&](const ProtoField& field) {
      if (field.tag.number == kNodeDefName) return name = IsIdentifier(field.bytes);
      if (field.tag.number == kNodeDefOp) return op = IsIdentifier(field.bytes);
      return true;
    });
    return seen == Seen::kInPart || (seen == Seen::kWhole && name && op);
  }

  // `visit` returns whether a field fits.
  template <typename Visit>
  Seen Look(std::size_t level, Bytes message, std::span<const ProtoTag> known, Visit visit) {
    ProtoReader reader(message);
    for (int& left = fields_left_.at(level); left > 0; --left) {
      const auto field = reader.Next();
      if (!field) return reader.malformed() ? Seen::kMisfit : Seen::kWhole;
      const ProtoTag* const expected = Find(known, field->tag.number);
      if (expected == nullptr) continue;
      if (expected->type != field->tag.type || !visit(*field)) return Seen::kMisfit;
    }
    return Seen::kInPart;
  }

  std::array<int, 3> fields_left_ = {kMaxFieldsPerLevel, kMaxFieldsPerLevel, kMaxFieldsPerLevel};
};

bool BeginsWith(Bytes content, std::span<const ProtoTag> known) {
  const auto tag = FirstTag(content);
  return tag && std::ranges::find(known, *tag) != known.end();
}

Likeness LikenessToOnnx(Bytes content) {
  if (!BeginsWith(content, kOnnxModel)) return Likeness::kNone;
  return MessageLook().IsOnnxModel(content) ? Likeness::kLooks : Likeness::kUnsure;
}

Likeness LikenessToGraphDef(Bytes content) {
  if (!BeginsWith(content, kGraphDef)) return Likeness::kNone;
  return MessageLook().IsGraphDef(content) ? Likeness::kLooks : Likeness::kUnsure;
}

// ---- XML

constexpr std::string_view kXmlSpace = " \t\r\n";

// Returns the text after the first `end`; empty if there is none.
std::string_view After(std::string_view text, std::string_view end) {
  const auto at = text.find(end);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + end.size());
}

// Returns the name in the first start tag, after declarations, instructions and comments. Empty if
// there is none, and for a document with a DOCTYPE, which an IR does not have.
std::string_view RootElement(std::string_view xml) {
  if (xml.starts_with("\xef\xbb\xbf"sv)) xml.remove_prefix(3);
  for (;;) {
    xml.remove_prefix(std::min(xml.find_first_not_of(kXmlSpace), xml.size()));
    if (xml.starts_with("<?"sv)) {
      xml = After(xml.substr(2), "?>");
    } else if (xml.starts_with("<!--"sv)) {
      xml = After(xml.substr(4), "-->");
    } else {
      break;
    }
  }
  if (!xml.starts_with('<')) return {};
  const auto end = xml.find_first_of(" \t\r\n/>");
  return end == std::string_view::npos ? std::string_view() : xml.substr(1, end - 1);
}

Likeness LikenessToIr(std::string_view text) {
  constexpr std::size_t kMaxProlog = std::size_t{64} << 10;
  constexpr std::size_t kHead = 4096;
  if (RootElement(text.substr(0, kMaxProlog)) == "net"sv) return Likeness::kLooks;
  return text.substr(0, kHead).contains("<net"sv) ? Likeness::kUnsure : Likeness::kNone;
}

// ---- TensorFlow Lite and GGUF

Likeness LikenessToTensorFlowLite(Bytes content) {
  constexpr std::size_t kHeaderBytes = 8;  // The root table's offset and the identifier.
  if (content.size() < kHeaderBytes || base::AsText(content).substr(4, 4) != "TFL3"sv) {
    return Likeness::kNone;
  }
  const auto root = U32(content, 0);
  const bool within = root >= kHeaderBytes && U32(content, *root);
  return within ? Likeness::kLooks : Likeness::kUnsure;
}

Likeness LikenessToGguf(Bytes content) {
  constexpr std::uint32_t kMaxVersion = 255;
  if (!base::AsText(content).starts_with("GGUF"sv)) return Likeness::kNone;
  const auto version = U32(content, 4);
  if (!version || *version == 0) return Likeness::kUnsure;
  // Files for machines of the other byte order have the version's bytes reversed.
  const bool plausible =
      *version <= kMaxVersion || std::byteswap(static_cast<std::uint32_t>(*version)) <= kMaxVersion;
  return plausible ? Likeness::kLooks : Likeness::kUnsure;
}

// ---- TorchScript

// Whether the entry is at the top of the folder that contains the whole archive.
bool IsConstants(std::string_view name) {
  const auto folder = name.find('/');
  return folder != std::string_view::npos && name.substr(folder) == "/constants.pkl"sv;
}

// Only TorchScript archives have constants; those of torch.save do not.
bool HasConstantsEntry(Bytes archive) {
  ZipNames names(archive);
  while (const auto name = names.Next()) {
    if (IsConstants(*name)) return true;
  }
  return false;
}

Likeness LikenessToTorchScript(Bytes content) {
  if (!base::AsText(content).starts_with("PK\x03\x04"sv)) return Likeness::kNone;
  return HasConstantsEntry(content) ? Likeness::kLooks : Likeness::kUnsure;
}

// ---- Models

std::string Names(std::span<const Encoding> encodings, std::string_view separator) {
  std::vector<std::string_view> names;
  for (const Encoding encoding : encodings) names.push_back(EncodingName(encoding));
  return fmt::to_string(fmt::join(names, separator));
}

// Detects the encoding of a model from the first of its `count` parts.
Result<Encoding> DetectContent(Bytes content, std::size_t count, const Wording& name) {
  const std::vector<Encoding> found = LooksLike(content);
  const auto takes =
      std::ranges::find_if(found, [&](Encoding encoding) { return count <= MaxParts(encoding); });
  if (count > 1 && takes != found.end()) return *takes;
  if (found.empty()) {
    if (const auto known = KnownFileText(content); !known.empty()) {
      return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}", name, known);
    }
  }
  if (count > 1) {
    return base::Fail(ErrorCode::kInvalidEncoding,
                      "{} is not an OpenVINO IR, the only encoding with two parts (xml, bin); give "
                      "one part or set the encoding",
                      name);
  }
  if (found.empty()) {
    return base::Fail(ErrorCode::kInvalidEncoding,
                      "{} has no recognized model format; if the file is intact, set its encoding",
                      name);
  }
  if (found.size() > 1) {
    return base::Fail(ErrorCode::kInvalidEncoding,
                      "{} is ambiguous: its content could be {}; set the encoding", name,
                      Names(found, " or "));
  }
  return found.front();
}

Result<Encoding> DetectDirectory(const fs::path& directory, std::size_t count,
                                 const Wording& name) {
  constexpr Encoding kDirectory = Encoding::kTensorFlow;
  std::error_code ignored;
  // Accepts the text form here, so that the load can say what it lacks.
  const bool saved_model = IsModelDirectory(directory, kDirectory) ||
                           fs::exists(directory / "saved_model.pbtxt", ignored);
  if (saved_model) {
    if (auto counted = CheckPartCount(kDirectory, count, "file"); !counted) {
      return base::Fail(std::move(counted));
    }
    return kDirectory;
  }
  if (const auto known = KnownDirectoryText(directory); !known.empty()) {
    return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}", name, known);
  }
  return base::Fail(ErrorCode::kRuntimeError,
                    "{} is a directory, but not a TensorFlow SavedModel: it has no saved_model.pb; "
                    "give a model file, or the directory that contains it",
                    name);
}

Result<Encoding> DetectFiles(const ModelFiles& files, const Wording& name) {
  const std::size_t count = files.paths.size();
  if (auto counted = CheckPartCount(Encoding::kAutodetect, count, "file"); !counted) {
    return base::Fail(std::move(counted));
  }
  const fs::path& path = files.paths.front();
  const auto status = base::ReadableStatus(path, name);
  if (!status) return base::Fail(status);
  if (S_ISDIR(status->st_mode)) return DetectDirectory(path, count, name);
  if (auto regular = base::CheckRegular(name, *status); !regular) {
    return base::Fail(std::move(regular));
  }
  const auto file = base::MappedFile::Open(path, name);
  if (!file) return base::Fail(file);
  if (auto full = base::CheckNotEmpty(name, file->bytes().size()); !full) {
    return base::Fail(std::move(full));
  }
  return DetectContent(file->bytes(), count, name);
}

Result<Encoding> DetectBytes(const ModelBytes& bytes, const Wording& name) {
  const std::size_t count = bytes.parts.size();
  if (auto counted = CheckPartCount(Encoding::kAutodetect, count, "part"); !counted) {
    return base::Fail(std::move(counted));
  }
  const Blob& part = bytes.parts.front();
  if (part->empty()) return base::Fail(ErrorCode::kInvalidArgument, "the model's bytes are empty");
  return DetectContent(*part, count, name);
}

}  // namespace

Likeness LikenessTo(Encoding encoding, std::span<const std::byte> content) {
  switch (encoding) {
    case Encoding::kOpenVino:
      return LikenessToIr(base::AsText(content));
    case Encoding::kOnnx:
      return LikenessToOnnx(content);
    case Encoding::kTensorFlow:
      return LikenessToGraphDef(content);
    case Encoding::kPyTorch:
      return LikenessToTorchScript(content);
    case Encoding::kTensorFlowLite:
      return LikenessToTensorFlowLite(content);
    case Encoding::kGgml:
      return LikenessToGguf(content);
    case Encoding::kAutodetect:
      break;
  }
  return Likeness::kNone;
}

std::vector<Encoding> LooksLike(std::span<const std::byte> content) {
  std::vector<Encoding> found;
  for (const EncodingLayout& layout : kEncodingLayouts) {
    const bool looks = LikenessTo(layout.encoding, content) == Likeness::kLooks;
    if (looks) found.push_back(layout.encoding);
  }
  return found;
}

Result<Encoding> DetectEncoding(const Model& model) {
  const Wording name = SourceName(model);
  if (const auto* files = std::get_if<ModelFiles>(&model.source)) return DetectFiles(*files, name);
  return DetectBytes(std::get<ModelBytes>(model.source), name);
}

Result<Model> ResolveEncoding(const Model& model) {
  if (model.encoding != Encoding::kAutodetect) return model;
  const auto encoding = DetectEncoding(model);
  if (!encoding) return base::Fail(encoding);
  base::Log().debug("detected the encoding of {}: {}", SourceText(model), EncodingName(*encoding));
  Model resolved = model;
  resolved.encoding = *encoding;
  return resolved;
}

}  // namespace namesake::graph
