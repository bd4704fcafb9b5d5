// Mutates models along their structure, which random changes seldom keep: messages of Protocol
// Buffers with the lengths around them, attributes of XML, and the declared encoding.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/onnx_bytes.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace namesake::fuzz {
namespace {

using std::string_view_literals::operator""sv;
using Random = std::minstd_rand;

constexpr std::size_t kHeader = 3;
constexpr int kDeepest = 8;

// Strings that lead readers astray.
constexpr std::array kWords = {"../secret.key"sv,
                               "secret.key"sv,
                               "weights"sv,
                               "/etc/hostname"sv,
                               ".bin"sv,
                               ""sv,
                               "*/_ORT_MEM_ADDR_/*"sv,
                               "*/_ORT_MEM_ADDR_/*\0"sv,
                               "100000000000000"sv,
                               "0"sv,
                               "4"sv,
                               "-1"sv,
                               "18446744073709551615"sv,
                               "location"sv,
                               "offset"sv,
                               "length"sv,
                               "<net"sv,
                               "<net version=\"11\">"sv,
                               "<?xml version=\"1.0\"?><net version=\"10\">"sv,
                               "</net>"sv,
                               "TFL3"sv,
                               "\xef\xbb\xbf"sv,
                               " \n"sv,
                               "Const"sv,
                               "Constant"sv,
                               "Parameter"sv,
                               "ReadValue"sv,
                               "u8"sv,
                               "string"sv,
                               "opset1"sv,
                               "extension"sv,
                               "VarHandleOp"sv,
                               "RestoreV2"sv,
                               "ReadFile"sv,
                               "Const:0"sv};

std::size_t Below(std::size_t end, Random& random) { return random() % end; }

std::string Word(Random& random) { return std::string(kWords[Below(kWords.size(), random)]); }

// One field of a message.
struct Part {
  std::string_view whole;
  unsigned number = 0;
  // Set for a field with a length.
  std::optional<std::string_view> payload{};
};

std::optional<std::uint64_t> TakeNumber(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

std::optional<Part> TakePart(std::string_view& bytes) {
  const std::string_view begin = bytes;
  const auto tag = TakeNumber(bytes);
  if (!tag || *tag < 8 || *tag > 0xFFFF) return std::nullopt;
  Part part{.whole = {}, .number = static_cast<unsigned>(*tag >> 3)};
  const auto number = (*tag & 7) == 0 || (*tag & 7) == 2 ? TakeNumber(bytes) : std::nullopt;
  std::size_t rest = 0;
  switch (*tag & 7) {
    case 0:
      if (!number) return std::nullopt;
      break;
    case 1:
      rest = 8;
      break;
    case 2:
      if (!number || *number > bytes.size()) return std::nullopt;
      rest = *number;
      part.payload = bytes.substr(0, rest);
      break;
    case 5:
      rest = 4;
      break;
    default:
      return std::nullopt;
  }
  if (rest > bytes.size()) return std::nullopt;
  bytes.remove_prefix(rest);
  part.whole = begin.substr(0, begin.size() - bytes.size());
  return part;
}

// Empty if the bytes are no message.
std::vector<Part> Parts(std::string_view message) {
  std::vector<Part> parts;
  while (!message.empty()) {
    const auto part = TakePart(message);
    if (!part) return {};
    parts.push_back(*part);
  }
  return parts;
}

// ONNX's fields for a tensor that is kept elsewhere.
std::string External(Random& random) {
  return test::ExternalTensor(Word(random)) +
         test::Field(13, test::Field(1, "offset") + test::Field(2, Word(random))) +
         test::Field(13, test::Field(1, "length") + test::Field(2, "4")) + "\x70\x01";
}

std::string MutateMessage(std::string_view message, Random& random, int depth);

std::string MutatePart(const Part& part, Random& random, int depth) {
  const std::string whole(part.whole);
  switch (Below(8, random)) {
    case 0:
      return "";
    case 1:
      return whole + whole;
    case 2:
      return whole + External(random);
    default:
      break;
  }
  if (!part.payload) return whole;
  return test::Field(part.number, depth < kDeepest && Below(8, random) > 0
                                      ? MutateMessage(*part.payload, random, depth + 1)
                                      : Word(random));
}

std::string MutateMessage(std::string_view message, Random& random, int depth) {
  const std::vector<Part> parts = Parts(message);
  if (parts.empty()) return Word(random);
  const std::size_t chosen = Below(parts.size(), random);
  std::string mutated;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    mutated += i == chosen ? MutatePart(parts[i], random, depth) : std::string(parts[i].whole);
  }
  return mutated;
}

// Replaces one attribute's value.
std::string MutateXml(std::string_view xml, Random& random) {
  std::vector<std::size_t> quotes;
  for (std::size_t i = 0; i < xml.size(); ++i) {
    if (xml[i] == '"') quotes.push_back(i);
  }
  if (quotes.size() < 2) return Word(random) + std::string(xml);
  const std::size_t chosen = Below(quotes.size() / 2, random) * 2;
  return std::string(xml.substr(0, quotes[chosen] + 1)) + Word(random) +
         std::string(xml.substr(quotes[chosen + 1]));
}

std::string Mutate(std::string_view input, Random& random) {
  std::string header(input.substr(0, kHeader));
  const std::string_view model = input.substr(kHeader);
  // The same model, declared or passed as another kind.
  if (Below(4, random) == 0) {
    header[Below(2, random)] = static_cast<char>(Below(45, random));
    return header + std::string(model);
  }
  const bool xml = model.substr(0, 64).contains('<');
  return header + (xml ? MutateXml(model, random) : MutateMessage(model, random, 0));
}

}  // namespace
}  // namespace namesake::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  namespace fuzz = namesake::fuzz;
  fuzz::Random random(seed);
  if (size > fuzz::kHeader && fuzz::Below(2, random) == 0) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string mutated = fuzz::Mutate(input, random);
    if (mutated.size() <= max_size && mutated != input) {
      std::ranges::copy(mutated, data);
      return mutated.size();
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
