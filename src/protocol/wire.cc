#include "protocol/wire.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace namesake::protocol {
namespace {

constexpr std::size_t kMostText = 4096;

std::string_view Cut(std::string_view text) { return text.substr(0, kMostText); }

// The limits that a backend may name, as Error wants literals.
constexpr std::array<std::string_view, 3> kLimits = {"", "max_tensor_bytes",
                                                     "max_worker_memory_bytes"};

std::string_view KnownLimit(std::string_view limit) {
  const auto* const found = std::ranges::find(kLimits, limit);
  return found == kLimits.end() ? "" : *found;
}

// A worker's errors are about a model or a call. None can look like the host's own decision.
ErrorCode CodeFromWorker(ErrorCode code) {
  const bool is_hosts = code == ErrorCode::kNotFound || code == ErrorCode::kInternal ||
                        code == ErrorCode::kBusy || code == ErrorCode::kMissingMemory;
  return is_hosts ? ErrorCode::kRuntimeError : code;
}

}  // namespace

void Put(const Wording& text, Writer& to) {
  to.Text(Cut(text.for_guests()));
  to.Text(Cut(text.for_operator()));
}

Wording TakeWording(Reader& from) {
  std::string for_guests = base::Printable(Cut(from.TextView()));
  return {std::move(for_guests), base::Printable(Cut(from.TextView()))};
}

void Put(const Error& error, Writer& to) {
  to.Case(error.code());
  Put(error.text(), to);
  to.Text(error.limit());
}

Error TakeError(Reader& from) {
  const auto code = CodeFromWorker(from.Case<ErrorCode>(kErrorCodeCount));
  Wording text = TakeWording(from);
  return Error(code, std::move(text)).AtLimit(KnownLimit(from.TextView()));
}

}  // namespace namesake::protocol
