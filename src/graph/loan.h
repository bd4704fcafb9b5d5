// Whether a buffer that was lent out as the bytes of shared tensors is still held.
#ifndef NAMESAKE_GRAPH_LOAN_H_
#define NAMESAKE_GRAPH_LOAN_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace namesake::graph {

// Belongs to one buffer of a context, and has the context's thread; what it lends goes anywhere.
class Loan {
 public:
  // Pointers to `bytes`, the same each time, which `owner` owns: a value that is moved in and ends
  // after the last pointer. Pointers that are held at once have one owner. Throws std::bad_alloc.
  template <typename Owner>
  std::shared_ptr<const std::byte> Lend(const std::byte* bytes, Owner owner) {
    if (auto lent = lent_.lock()) return lent;
    if (!holders_) holders_ = std::make_shared<Holders>(0);
    holders_->fetch_add(1, std::memory_order_relaxed);
    // Gives the loan back also when it throws.
    std::shared_ptr<const std::byte> made(bytes, GiveBack<Owner>{holders_, std::move(owner)});
    lent_ = made;
    return made;
  }

  // Whether anyone has what Lend gave out. Once it is false, all that the holders read they have
  // read: the buffer may be written.
  bool held() const { return holders_ && holders_->load(std::memory_order_acquire) > 0; }

 private:
  using Holders = std::atomic<std::uint64_t>;

  // A count of its own, because a shared_ptr's use_count says nothing of what other threads have
  // done before.
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
