#include "wasi_nn/wit_objects.h"

#include <memory>

namespace namesake::wasi_nn::wit {
namespace {

// The number of an error without a text: this bit, plus the code.
constexpr std::uint32_t kCodeAlone = 0x8000'0000;

// Truncates to at most `max_bytes`, without splitting a character.
void Cut(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return;
  std::size_t end = max_bytes;
  constexpr unsigned char kContinuationMask = 0xC0;
  constexpr unsigned char kContinuation = 0x80;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & kContinuationMask) == kContinuation) {
    --end;
  }
  text.resize(end);
}

}  // namespace

std::uint32_t Objects::ErrorWithoutText(Code code) noexcept {
  return kCodeAlone | static_cast<std::uint32_t>(code);
}

std::uint32_t Objects::AddError(Code code, std::string text) {
  if (errors_.size() >= kMaxErrors) return ErrorWithoutText(code);
  Cut(text, kMaxErrorBytes);
  return errors_.Insert({.code = code, .text = std::move(text)});
}

Code Objects::CodeOf(Objects* objects, std::uint32_t number) noexcept {
  if (objects != nullptr) {
    if (const NnError* const error = objects->errors_.Find(number)) return error->code;
  }
  const std::uint32_t code = number & ~kCodeAlone;
  return code <= static_cast<std::uint32_t>(Code::kUnknown) ? static_cast<Code>(code)
                                                            : Code::kUnknown;
}

std::string_view Objects::TextOf(Objects* objects, std::uint32_t number) noexcept {
  if (objects != nullptr) {
    if (const NnError* const error = objects->errors_.Find(number)) return error->text;
  }
  return "this guest holds too many errors to add another text; drop those already read";
}

Objects& ObjectsOf(View& view) {
  std::shared_ptr<void>& state = view.abi_state();
  if (state == nullptr) state = std::make_shared<Objects>();
  return *static_cast<Objects*>(state.get());
}

Objects* FindObjects(View& view) noexcept { return static_cast<Objects*>(view.abi_state().get()); }

}  // namespace namesake::wasi_nn::wit
