#include "host/faults.h"

#include <pthread.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <system_error>
#include <thread>

namespace namesake {
namespace {

void* Allocate(std::size_t size, std::size_t alignment) noexcept {
  if (test::Faults::Due()) return nullptr;
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(size == 0 ? 1 : size);
  void* memory = nullptr;
  return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

void* AllocateOrThrow(std::size_t size, std::size_t alignment) {
  void* const memory = Allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr std::size_t kUsual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

std::size_t Of(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace
}  // namespace namesake

// NOLINTBEGIN
void* operator new(std::size_t size) { return namesake::AllocateOrThrow(size, namesake::kUsual); }
void* operator new[](std::size_t size) { return namesake::AllocateOrThrow(size, namesake::kUsual); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return namesake::AllocateOrThrow(size, namesake::Of(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return namesake::AllocateOrThrow(size, namesake::Of(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return namesake::Allocate(size, namesake::kUsual);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return namesake::Allocate(size, namesake::kUsual);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return namesake::Allocate(size, namesake::Of(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return namesake::Allocate(size, namesake::Of(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

void std::thread::_M_start_thread(_State_ptr state, void (*)()) {
  if (namesake::test::before_thread_start != nullptr) (*namesake::test::before_thread_start)();
  const auto run = [](void* given) -> void* {
    const _State_ptr its_state(static_cast<_State*>(given));
    its_state->_M_run();
    return nullptr;
  };
  const int error = namesake::test::Faults::Due()
                        ? EAGAIN
                        : ::pthread_create(&_M_id._M_thread, nullptr, run, state.get());
  if (error != 0) {
    _M_id = id();
    throw std::system_error(error, std::generic_category());
  }
  static_cast<void>(state.release());
}
// NOLINTEND
