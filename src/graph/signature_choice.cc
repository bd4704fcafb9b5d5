#include "graph/signature_choice.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"

namespace namesake::graph {
namespace {

using Signatures = std::vector<TfliteSignature>;

std::unexpected<Error> NoSignature(const Wording& model, std::string_view key,
                                   const Signatures& signatures) {
  std::vector<std::string> printable;
  for (const TfliteSignature& signature : signatures) {
    printable.push_back(base::Printable(signature.key));
  }
  const std::vector<std::string_view> keys(printable.begin(), printable.end());
  return base::Fail(ErrorCode::kInvalidArgument, "{} has no signature \"{}\"{}", model,
                    base::Printable(key), base::Suggestion(key, keys));
}

// `bytes` are those of the layout's model.
Result<ModelLayout> Choose(ModelLayout layout, std::string_view key,
                           std::span<const std::byte> bytes) {
  const Signatures signatures = ReadTfliteSignatures(bytes);
  const auto chosen = std::ranges::find(signatures, key, &TfliteSignature::key);
  if (chosen == signatures.end()) return NoSignature(layout.name, key, signatures);
  if (chosen->subgraph == 0) return layout;
  auto model = WithFirstSubgraph(bytes, chosen->subgraph);
  if (!model) {
    return base::Fail(ErrorCode::kRuntimeError, "{} is damaged or cut off; copy it again",
                      layout.name);
  }
  layout.parts = ModelLayout::Memory{
      .model = std::make_shared<const std::vector<std::byte>>(*std::move(model)), .weights = {}};
  return layout;
}

}  // namespace

Result<ModelLayout> ChooseSignature(ModelLayout layout, const BackendOptions& options) {
  const auto option = options.find(kSignatureOption);
  if (option == options.end()) return layout;
  const std::string_view key = option->second;
  if (const auto* memory = std::get_if<ModelLayout::Memory>(&layout.parts)) {
    const Blob model = memory->model;
    if (model == nullptr) return layout;
    return Choose(std::move(layout), key, *model);
  }
  const auto file =
      base::MappedFile::Open(std::get<ModelLayout::Files>(layout.parts).model, layout.name);
  if (!file) return base::Fail(file);
  return Choose(std::move(layout), key, file->bytes());
}

TfliteNames NamesBySignature(std::span<const std::byte> model,
                             std::optional<std::string_view> key) {
  const Signatures signatures = ReadTfliteSignatures(model);
  const auto found = std::ranges::find_if(signatures, [&](const TfliteSignature& signature) {
    return key ? signature.key == *key : signature.subgraph == 0;
  });
  if (found == signatures.end()) return {};
  return ReadTfliteNames(model, static_cast<std::size_t>(found - signatures.begin()));
}

}  // namespace namesake::graph
