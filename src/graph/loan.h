// Tracks whether a buffer that was lent as the bytes of shared tensors is still held.
#ifndef NAMESAKE_GRAPH_LOAN_H_
#define NAMESAKE_GRAPH_LOAN_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace namesake::graph {

// Belongs to one buffer of a context. Used on the context's thread; what it lends may go to any
// thread.
class Loan {
 public:
  // Returns a pointer to `bytes`; all pointers held at the same time share one owner. `owner` keeps
  // the bytes alive, and is destroyed after the last pointer. Throws std::bad_alloc.
  template <typename Owner>
  std::shared_ptr<const std::byte> Lend(const std::byte* bytes, Owner owner) {
    if (auto lent = lent_.lock()) return lent;
    if (!holders_) holders_ = std::make_shared<Holders>(0);
    holders_->fetch_add(1, std::memory_order_relaxed);
    // Also gives the loan back if the constructor throws.
    std::shared_ptr<const std::byte> made(bytes, GiveBack<Owner>{holders_, std::move(owner)});
    lent_ = made;
    return made;
  }

  // Whether anyone holds what Lend returned. Once it returns false, all reads by the holders are
  // done, and the buffer may be written.
  bool held() const { return holders_ && holders_->load(std::memory_order_acquire) > 0; }

 private:
  using Holders = std::atomic<std::uint64_t>;

  // Has its own count, because shared_ptr's use_count does not order the reads of other threads.
  template <typename Owner>
  struct GiveBack {
    std::shared_ptr<Holders> holders;
    Owner owner;
    void operator()(const std::byte* /*bytes*/) const {
      holders->fetch_sub(1, std::memory_order_release);
    }
  };

  std::shared_ptr<Holders> holders_;
  std::weak_ptr<const std::byte> lent_;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_LOAN_H_
