// Memory runs out at any allocation while a component makes and drops tensors and errors: every
// call has a defined answer, nothing is lost, and the view goes on. A separate program, since it
// replaces operator new.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "host/faults.h"
#include "namesake/host.h"
#include "support/matchers.h"
#include "wasi_nn/wit_calls.h"
#include "wasi_nn/wit_codes.h"
#include "wasi_nn/wit_objects.h"

namespace namesake::wasi_nn::wit {
namespace {

using test::Faults;
using test::IsOk;
using test::Shortage;

// Too long for a string's inline buffer.
constexpr std::string_view kText = "the words of an error that a guest has made of its own";
constexpr std::uint8_t kU8 = 4;  // A tensor's type in the WIT.
// Numbers from here on have no entry in a table; the number says everything.
constexpr std::uint32_t kFirstOfThemselves = 0x8000'0000;

NamesakeBytes Bytes(std::string_view text) {
  return {.data = reinterpret_cast<const std::uint8_t*>(text.data()), .len = text.size()};
}

std::string_view Text(NamesakeBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}

// Records numbers without allocating.
class Numbers {
 public:
  void Add(std::uint32_t number) {
    if (size_ == numbers_.size()) {
      overflowed_ = true;
      return;
    }
    numbers_[size_++] = number;
  }
  std::uint32_t Take() { return numbers_[--size_]; }
  bool empty() const { return size_ == 0; }
  bool overflowed() const { return overflowed_; }
  std::span<const std::uint32_t> all() const { return std::span(numbers_).first(size_); }
  // Returns how many of them have an entry in a table.
  std::size_t InTables() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        all(), [](std::uint32_t number) { return number < kFirstOfThemselves; }));
  }

 private:
  std::array<std::uint32_t, 64> numbers_{};
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

// Runs for n = 1, 2, … until nothing fails any more.
template <typename RunOnce>
void Drive(const RunOnce& run_once) {
  constexpr std::uint64_t kMost = 5000;
  std::uint64_t n = 1;
  while (run_once(n)) {
    ASSERT_FALSE(testing::Test::HasFailure()) << "where number " << n << " failed";
    ASSERT_LT(++n, kMost);
  }
  ASSERT_FALSE(testing::Test::HasFailure()) << "where nothing failed";
  testing::Test::RecordProperty("failures", static_cast<int>(n - 1));
  EXPECT_GT(n, 10U);  // Otherwise it was not armed.
}

class ObjectsShortageTest : public testing::TestWithParam<Shortage> {};
INSTANTIATE_TEST_SUITE_P(Of, ObjectsShortageTest,
                         testing::Values(Shortage::kOne, Shortage::kLasting), [](const auto& of) {
                           return of.param == Shortage::kOne ? "One" : "AllFromOne";
                         });

// What was added is there with its content; what could not be added has changed nothing.
class ObjectsAlone {
 public:
  void Use() {
    for (std::uint32_t i = 0; i < 20; ++i) {
      Try([&] {
        Tensor tensor{.place = {}, .value = std::unexpected(kError), .dims = {i, 1}, .type = kU8};
        tensors_.Add(objects_.AddTensor(std::move(tensor)));
      });
      Try([&] { errors_.Add(objects_.AddError(Code::kTimeout, std::string(kText))); });
      if (i % 3 != 0) continue;
      if (!tensors_.empty()) objects_.DropTensor(tensors_.Take());
      if (!errors_.empty()) objects_.DropError(errors_.Take());
    }
  }

  void Check() {
    EXPECT_FALSE(thrown_) << "something else than std::bad_alloc came out";
    EXPECT_EQ(objects_.tensors(), tensors_.all().size());
    EXPECT_EQ(objects_.errors(), errors_.all().size());
    for (const std::uint32_t number : tensors_.all()) {
      const Tensor* const tensor = objects_.FindTensor(number);
      ASSERT_NE(tensor, nullptr);
      EXPECT_EQ(tensor->dims.size(), 2U);
    }
    for (const std::uint32_t number : errors_.all()) {
      EXPECT_EQ(Objects::CodeOf(&objects_, number), Code::kTimeout);
      EXPECT_EQ(Objects::TextOf(&objects_, number), kText);
    }
    while (!tensors_.empty()) objects_.DropTensor(tensors_.Take());
    while (!errors_.empty()) objects_.DropError(errors_.Take());
    EXPECT_EQ(objects_.tensors(), 0U);
    EXPECT_EQ(objects_.errors(), 0U);
  }

 private:
  template <typename Step>
  void Try(const Step& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      // Nothing was added.
    } catch (...) {
      thrown_ = true;
    }
  }

  static inline const Error kError{ErrorCode::kBusy, "none"};

  Objects objects_;
  Numbers tensors_;
  Numbers errors_;
  bool thrown_ = false;
};

TEST_P(ObjectsShortageTest, WhatIsAddedIsThereAndWhatIsNotChangesNothing) {
  Drive([](std::uint64_t n) {
    ObjectsAlone objects;
    Faults::Arm(n, GetParam());
    objects.Use();
    const bool failed = Faults::Disarm();
    objects.Check();
    return failed;
  });
}

// A guest with a graph of two inputs and outputs, which has made nothing yet.
class Guest {
 public:
  Guest() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(
        std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, counters_));
    host_ = Host::Create(std::move(options)).value();
    EXPECT_THAT(host_->Register("two", fake::NewModel("io u8 3\nio u8 3")), IsOk());
    view_ = host_->NewView();
    graph_ = calls_.load_by_name(c_view(), Bytes("two")).rep;
    context_ = calls_.graph_init_context(c_view(), graph_).rep;
    EXPECT_EQ(FindObjects(*view_), nullptr);
  }

  // Does everything that a component may do with tensors and errors.
  void Use() {
    MakeErrorsOfItsOwn();
    for (int i = 0; i < 4; ++i) MakeTensor();
    BeRefused();
    InferInSteps();
    InferInOne();
    ListNames();
  }

  // Call once memory is available again.
  void Check() {
    EXPECT_FALSE(wrong_code_) << "a call was answered with a code that is neither its own nor that "
                                 "of a lack of memory";
    EXPECT_FALSE(wrong_text_);
    EXPECT_FALSE(wrong_tensor_);
    EXPECT_FALSE(wrong_name_);
    EXPECT_FALSE(tensors_.overflowed() || errors_.overflowed());
    ExpectCounted();
    for (const std::uint32_t tensor : tensors_.all()) CheckTensor(tensor);
    EXPECT_FALSE(wrong_tensor_) << "a tensor has changed";
    DropAll();
    ExpectCounted();
    calls_.context_drop(c_view(), context_);
    context_ = calls_.graph_init_context(c_view(), graph_).rep;
    ExpectThatItWorks();
    calls_.context_drop(c_view(), context_);
    calls_.graph_drop(c_view(), graph_);
    for (std::size_t i = 0; i < kResourceCount; ++i) {
      const auto resource = static_cast<Resource>(i);
      EXPECT_EQ(view_->account().used(resource), 0U) << LimitName(resource);
    }
    EXPECT_EQ(counters_.contexts, 0);
  }

 private:
  static constexpr std::array<std::uint32_t, 1> kDims = {3};
  static constexpr std::string_view kData = "abc";

  NamesakeView* c_view() { return ToC(*view_); }

  std::uint32_t NewTensor() {
    return calls_.tensor_new(c_view(), {.data = kDims.data(), .len = kDims.size()}, kU8,
                             Bytes(kData));
  }
  void MakeTensor() {
    const std::uint32_t tensor = NewTensor();
    tensors_.Add(tensor);
    CheckTensor(tensor);
  }
  // The tensor has everything it was made from, or no bytes, or nothing at all.
  void CheckTensor(std::uint32_t tensor) {
    const auto dims = calls_.tensor_dimensions(c_view(), tensor);
    const std::string_view data = Text(calls_.tensor_data(c_view(), tensor));
    if (tensor >= kFirstOfThemselves) {
      wrong_tensor_ = wrong_tensor_ || tensor != Objects::kTensorWithoutMemory;
      wrong_tensor_ = wrong_tensor_ || dims.len != 0 || !data.empty();
      return;
    }
    wrong_tensor_ = wrong_tensor_ || !std::ranges::equal(std::span(dims.data, dims.len), kDims) ||
                    calls_.tensor_type(c_view(), tensor) != kU8 || (!data.empty() && data != kData);
  }

  // Fails unless the error has one of these codes.
  void TakeError(std::uint32_t error, std::initializer_list<Code> codes) {
    errors_.Add(error);
    const auto code = static_cast<Code>(calls_.error_code(c_view(), error));
    wrong_code_ = wrong_code_ || std::ranges::find(codes, code) == codes.end();
    wrong_text_ = wrong_text_ || calls_.error_text(c_view(), error).len == 0;
  }
  void Drop(Numbers& errors) { calls_.error_drop(c_view(), errors.Take()); }

  void MakeErrorsOfItsOwn() {
    for (int i = 0; i < 4; ++i) {
      const auto code = std::to_underlying(Code::kTimeout);
      const std::uint32_t error = calls_.error_new(c_view(), code, Bytes(kText));
      TakeError(error, {Code::kTimeout});
      if (error < kFirstOfThemselves) {
        wrong_text_ = wrong_text_ || Text(calls_.error_text(c_view(), error)) != kText;
      }
      if (i == 1) Drop(errors_);
    }
  }

  void BeRefused() {
    // The result is an error's number, not a graph's.
    const NamesakeOutcome absent = calls_.load_by_name(c_view(), Bytes("a model that nobody has"));
    wrong_code_ = wrong_code_ || !absent.is_error;
    TakeError(absent.rep, {Code::kNotFound, Code::kRuntimeError});
    const NamesakeOutcome early = calls_.context_get_output(c_view(), context_, Bytes("out0"));
    wrong_code_ = wrong_code_ || !early.is_error;
    TakeError(early.rep, {Code::kInvalidArgument, Code::kRuntimeError});
  }

  // Returns whether the call succeeded. It may fail for lack of memory, or since an earlier step
  // failed.
  bool Succeeds(NamesakeOutcome outcome) {
    if (!outcome.is_error) return true;
    TakeError(outcome.rep, {Code::kRuntimeError, Code::kInvalidArgument});
    return false;
  }

  void InferInSteps() {
    bool all = true;
    for (const std::string_view name : {"in0", "in1"}) {
      all = Succeeds(calls_.context_set_input(c_view(), context_, Bytes(name), NewTensor())) && all;
    }
    if (!Succeeds(calls_.context_compute(c_view(), context_)) || !all) return;
    const NamesakeOutcome output = calls_.context_get_output(c_view(), context_, Bytes("out1"));
    if (!Succeeds(output)) return;
    tensors_.Add(output.rep);
    CheckTensor(output.rep);
  }

  void InferInOne() {
    if (!Succeeds(calls_.context_begin_inputs(c_view(), context_, 2))) return;
    bool all = true;
    for (const std::string_view name : {"in0", "in1"}) {
      all =
          Succeeds(calls_.context_give_input(c_view(), context_, Bytes(name), NewTensor())) && all;
    }
    if (!all) return;
    const std::size_t before = tensors_.all().size();
    const bool computed = Succeeds(calls_.context_compute_all(
        c_view(), context_, this, [](void* guest, NamesakeNamedTensor output) {
          static_cast<Guest*>(guest)->tensors_.Add(output.tensor);
          static_cast<Guest*>(guest)->CheckTensor(output.tensor);
        }));
    wrong_tensor_ = wrong_tensor_ || tensors_.all().size() != before + (computed ? 2 : 0);
  }

  void ListNames() {
    calls_.list_named(c_view(), this, [](void* guest, NamesakeBytes name) {
      if (Text(name) != "two") static_cast<Guest*>(guest)->wrong_name_ = true;
    });
  }

  // The tables have what the guest has numbers of, and the account matches the tables.
  void ExpectCounted() {
    Objects* const objects = FindObjects(*view_);
    EXPECT_EQ(objects == nullptr ? 0 : objects->tensors(), tensors_.InTables());
    EXPECT_EQ(objects == nullptr ? 0 : objects->errors(), errors_.InTables());
    EXPECT_EQ(view_->account().used(Resource::kTensors), tensors_.InTables());
    EXPECT_EQ(view_->account().used(Resource::kGraphs), 1U);
    EXPECT_EQ(view_->account().used(Resource::kContexts), 1U);
  }

  void DropAll() {
    while (!tensors_.empty()) calls_.tensor_drop(c_view(), tensors_.Take());
    while (!errors_.empty()) Drop(errors_);
  }

  void ExpectThatItWorks() {
    Use();
    EXPECT_FALSE(wrong_code_ || wrong_text_ || wrong_tensor_ || wrong_name_);
    // Four made by the guest, one output, and then two.
    EXPECT_EQ(tensors_.InTables(), 7U);
    // Three made by the guest, and those of two calls that had to fail.
    EXPECT_EQ(errors_.InTables(), 5U);
    ExpectCounted();
    DropAll();
  }

  fake::Counters counters_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
  const NamesakeWasiNn& calls_ = Calls();
  std::uint32_t graph_ = 0;
  std::uint32_t context_ = 0;
  Numbers tensors_;
  Numbers errors_;
  // Recorded without allocating.
  bool wrong_code_ = false;
  bool wrong_text_ = false;
  bool wrong_tensor_ = false;
  bool wrong_name_ = false;
};

TEST_P(ObjectsShortageTest, EveryCallHasAnAnswerAndNothingIsLost) {
  Drive([](std::uint64_t n) {
    Guest guest;
    Faults::Arm(n, GetParam());
    guest.Use();
    const bool failed = Faults::Disarm();
    guest.Check();
    return failed;
  });
}

}  // namespace
}  // namespace namesake::wasi_nn::wit
