#include "backend_onnxruntime/compiled_form.h"

#include <cpuid.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "backend_onnxruntime/runtime.h"
#include "graph/wire.h"

namespace namesake::onnxruntime {
namespace {

// To be changed with what is stored, or with the options of the session that stores it.
constexpr int kFormVersion = 2;

using Size = std::uint64_t;

// The words that tell of instruction sets, as the processor gives them.
std::string ProcessorFeatures() {
  struct Leaf {
    unsigned number;
    unsigned part;
  };
  std::string features;
  for (const Leaf& leaf : {Leaf{1, 0}, Leaf{7, 0}, Leaf{7, 1}}) {
    std::array<unsigned, 4> words{};
    if (__get_cpuid_count(leaf.number, leaf.part, words.data(), &words[1], &words[2], &words[3]) ==
        0) {
      continue;
    }
    // The upper bits of the first leaf's second word number the processor that asks.
    if (leaf.number == 1) words[1] = 0;
    for (const unsigned word : words) features += fmt::format("{:08x}", word);
  }
  return features;
}

}  // namespace

FormIdentity IdentifyForm() {
  return {.version = fmt::format("{}, form {}", VendorVersion(), kFormVersion),
          .details = ProcessorFeatures()};
}

std::string FormTrailer(const ModelFacts& facts) {
  graph::Writer writer;
  writer.Flag(facts.may_be_empty);
  writer.Each(facts.unranked, [&](const std::string& name) { writer.Text(name); });
  const auto bytes = writer.bytes();
  const Size size = bytes.size();
  std::string trailer(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  trailer.append(reinterpret_cast<const char*>(&size), sizeof size);
  return trailer;
}

std::optional<Form> ParseForm(std::span<const std::byte> payload) {
  Size size = 0;
  if (payload.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, payload.last(sizeof size).data(), sizeof size);
  payload = payload.first(payload.size() - sizeof size);
  if (size > payload.size()) return std::nullopt;
  graph::Reader reader(payload.last(static_cast<std::size_t>(size)));
  Form form = {.graph = payload.first(payload.size() - static_cast<std::size_t>(size))};
  form.facts.may_be_empty = reader.Flag();
  reader.Each(sizeof(Size), [&] { form.facts.unranked.emplace_back(reader.Text()); });
  if (!reader.Ended()) return std::nullopt;
  return form;
}

}  // namespace namesake::onnxruntime
