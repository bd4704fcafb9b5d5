// A backend's program that has been taken over: it speaks the protocol, and misbehaves as told.
//
// Its name, hostile-WHAT, tells it how to start. The model's options "load" and "compute" tell it
// what to do in these calls, and "wait" names a file that must be there before it computes. Without
// them it is honest, and copies its input to its output. An input that begins with 9 ends it. It is
// in no sandbox, so that it can do what a worker only might.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backend_program/keeper.h"
#include "backend_program/slab_maps.h"
#include "protocol/connection.h"
#include "protocol/messages.h"

namespace namesake::protocol {
namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;
constexpr std::size_t kPage = 4096;

struct Graph {
  BackendOptions options;
};

// A call, with the means to answer it, rightly or not.
struct Call {
  Connection& line;
  Message& message;

  void Send(Kind kind, const Writer& body) const { Send(kind, message.call, body.bytes()); }
  void Send(Kind kind, std::uint64_t call, std::span<const std::byte> body,
            std::span<const int> files = {}) const {
    static_cast<void>(line.Send(kind, call, body, files, Deadline::Never()));
  }
  // Bytes that need be no message.
  void SendRaw(std::span<const std::byte> bytes) const {
    static_cast<void>(::send(line.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
};

std::span<const std::byte> Bytes(const auto& value) { return std::as_bytes(std::span(&value, 1)); }

[[noreturn]] void Sleep() {
  for (;;) ::pause();
}

void AwaitFile(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return;
  std::fputs("<warning>is waiting\n", stderr);
  while (::access(path.c_str(), F_OK) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

class Program {
 public:
  explicit Program(Connection& first) : first_(first) {}

  void Serve(Connection& line);
  // Whether it goes on when the host has gone.
  bool stays() const { return stays_; }

 private:
  using Misdeed = std::function<void(Program&, const Call&)>;

  static const std::map<std::string, Misdeed, std::less<>>& Misdeeds();
  // Returns whether there is such a misdeed, which then has answered or not.
  bool Misbehave(const std::string& what, const Call& call);

  void Load(const Call& call);
  void Compute(const Call& call);
  void AddSlabs(const Call& call);
  void AnswerLoaded(const Call& call, const Loaded& loaded);
  void AnswerComputed(const Call& call, std::vector<ComputedOutput> outputs);
  std::string OpenAll(const Call& call);
  std::uint64_t Open(const Call& call, Kind kind, const Writer& body);

  Connection& first_;
  std::atomic<bool> stays_ = false;
  backend_program::SlabMaps maps_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::uint64_t, Graph> graphs_;
  std::map<std::uint64_t, base::FileDescriptor> slabs_;
  std::vector<int> lines_;
  protocol::Compute compute_;
};

Loaded Honest() {
  const auto tensor = [](const char* name) {
    return TensorInfo{.name = name, .type = ElementType::kF32, .shape = {{{.min = 4, .max = 4}}}};
  };
  return {.inputs = {tensor("x")}, .outputs = {tensor("y")}};
}

void Program::AnswerLoaded(const Call& call, const Loaded& loaded) {
  Writer body;
  Put(loaded, body);
  call.Send(Kind::kLoaded, body);
}

void Program::AnswerComputed(const Call& call, std::vector<ComputedOutput> outputs) {
  Writer body;
  Put(outputs, body);
  call.Send(Kind::kComputed, body);
}

// Returns the host's errno.
std::uint64_t Program::Open(const Call& call, Kind kind, const Writer& body) {
  call.Send(kind, body);
  const auto opened = call.line.Receive(Deadline::Never());
  if (!opened) Sleep();
  Reader reader(opened->body);
  return reader.Number();
}

// Asks for what it must not have, and says what it got.
std::string Program::OpenAll(const Call& call) {
  std::string got;
  for (const std::string_view path :
       {"/etc/passwd", "../../../../../../etc/passwd", "", "..", "\xff\n", "no-such-library.so"}) {
    Writer body;
    body.Text(path);
    got += std::to_string(Open(call, Kind::kOpenLibrary, body)) + " ";
  }
  for (const std::uint64_t index : {std::uint64_t{1}, kHuge, ~std::uint64_t{0}}) {
    Writer body;
    body.Number(index);
    got += std::to_string(Open(call, Kind::kOpenFile, body)) + " ";
  }
  return got;
}

// Waits, without reading, until more than so many bytes are there, and returns their number.
int AwaitUnread(const Call& call, int bytes) {
  int unread = 0;
  while (unread <= bytes && ::ioctl(call.line.descriptor(), FIONREAD, &unread) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return unread;
}

// Takes no answer from now on, so that the host finds it gone whenever it looks.
[[noreturn]] void EndWhileItAsks(const Call& call) {
  ::shutdown(call.line.descriptor(), SHUT_RD);
  Writer body;
  body.Number(0);
  call.Send(Kind::kOpenFile, body);
  ::_exit(6);
}

const std::map<std::string, Program::Misdeed, std::less<>>& Program::Misdeeds() {
  static const std::map<std::string, Misdeed, std::less<>> misdeeds = {
      // Says once that it is so far, for tests that then do something to it.
      {"silent",
       [](Program&, const Call&) {
         std::fputs("<warning>is silent\n", stderr);
         Sleep();
       }},
      {"another call",
       [](Program&, const Call& call) { call.Send(Kind::kDone, call.message.call + 1, {}); }},
      {"another kind", [](Program&, const Call& call) { call.Send(Kind::kOptionProblems, {}); }},
      {"a host's kind", [](Program&, const Call& call) { call.Send(Kind::kStart, {}); }},
      {"unknown kind",
       [](Program&, const Call& call) {
         call.SendRaw(Bytes(Header{.length = 0, .kind = 200, .call = call.message.call}));
       }},
      {"garbage",
       [](Program&, const Call& call) {
         std::vector<std::byte> garbage(1000, std::byte{0xA5});
         call.SendRaw(garbage);
       }},
      {"garbage body",
       [](Program&, const Call& call) {
         const std::vector<std::byte> garbage(1000, std::byte{0xA5});
         const bool is_load = call.message.kind == Kind::kLoad;
         call.Send(is_load ? Kind::kLoaded : Kind::kComputed, call.message.call, garbage);
       }},
      {"empty body",
       [](Program&, const Call& call) {
         const bool is_load = call.message.kind == Kind::kLoad;
         call.Send(is_load ? Kind::kLoaded : Kind::kComputed, {});
       }},
      {"huge count",
       [](Program&, const Call& call) {
         Writer body;
         body.Number(kHuge);
         const bool is_load = call.message.kind == Kind::kLoad;
         call.Send(is_load ? Kind::kLoaded : Kind::kComputed, body);
       }},
      {"huge length",
       [](Program&, const Call& call) {
         call.SendRaw(Bytes(Header{.length = ~0U, .kind = 0, .call = call.message.call}));
         Sleep();
       }},
      {"half a header",
       [](Program&, const Call& call) {
         call.SendRaw(Bytes(Header{.length = 8, .kind = 0, .call = 1}).first(7));
         Sleep();
       }},
      {"half a message",
       [](Program&, const Call& call) {
         call.SendRaw(Bytes(Header{.length = 1U << 20,
                                   .kind = static_cast<std::uint16_t>(Kind::kComputed),
                                   .call = call.message.call}));
         call.SendRaw(std::vector<std::byte>(100));
         Sleep();
       }},
      {"flood",
       [](Program&, const Call& call) {
         const std::vector<std::byte> data(1 << 16);
         while (::send(call.line.descriptor(), data.data(), data.size(), MSG_NOSIGNAL) > 0) {
         }
         Sleep();
       }},
      {"descriptors",
       [](Program&, const Call& call) {
         const std::array<int, 3> files = {0, 1, 2};
         call.Send(Kind::kDone, call.message.call, {}, files);
       }},
      {"open without end",
       [](Program& self, const Call& call) {
         Writer body;
         body.Number(0);
         for (;;) self.Open(call, Kind::kOpenFile, body);
       }},
      {"flood late",
       [](Program&, const Call& call) {
         // Until nobody waits for the answer any more.
         std::this_thread::sleep_for(std::chrono::milliseconds(400));
         Writer body;
         body.Text(std::string(std::size_t{8} << 20, 'x'));
         for (int i = 0; i < 1000; ++i) call.Send(Kind::kOpenLibrary, body);
       }},
      {"answer late as another",
       [](Program&, const Call& call) {
         std::this_thread::sleep_for(std::chrono::milliseconds(400));
         Writer body;
         call.Send(Kind::kLoaded, call.message.call + 1, body.bytes());
         Sleep();
       }},
      {"open without reading",
       [](Program&, const Call& call) {
         Writer body;
         body.Number(0);
         for (int i = 0; i < 100'000; ++i) {
           call.Send(Kind::kOpenFile, body);
           // Apart, so that the host does not get two at once.
           std::this_thread::sleep_for(std::chrono::milliseconds(1));
         }
       }},
      {"open twice",
       [](Program& self, const Call& call) {
         Writer body;
         body.Number(0);
         call.Send(Kind::kOpenFile, body);
         const int first = AwaitUnread(call, 0);
         call.Send(Kind::kOpenFile, body);
         AwaitUnread(call, first);
         for (int i = 0; i < 2; ++i) static_cast<void>(call.line.Receive(Deadline::Never()));
         self.AnswerLoaded(call, Honest());
       }},
      {"open nothing", [](Program&, const Call& call) { call.Send(Kind::kOpenFile, {}); }},
      {"open a library and more",
       [](Program&, const Call& call) {
         Writer body;
         body.Text("libm.so");
         body.Number(1);
         call.Send(Kind::kOpenLibrary, body);
       }},
      {"end while it asks", [](Program&, const Call& call) { EndWhileItAsks(call); }},
      // By the file that "wait" names, which it makes, it knows that it has done so.
      {"end once while it asks",
       [](Program& self, const Call& call) {
         const std::string gate = Read<protocol::Load>(call.message.body)->model.options["wait"];
         const int made = ::open(gate.c_str(), O_CREAT | O_EXCL | O_CLOEXEC | O_WRONLY, 0600);
         if (made >= 0) EndWhileItAsks(call);
         self.AnswerLoaded(call, Honest());
       }},
      {"close",
       [](Program&, const Call& call) {
         ::shutdown(call.line.descriptor(), SHUT_RDWR);
         Sleep();
       }},
      {"close all",
       [](Program& self, const Call&) {
         self.stays_ = true;
         const std::lock_guard lock(self.mutex_);
         ::shutdown(self.first_.descriptor(), SHUT_RDWR);
         for (const int line : self.lines_) ::shutdown(line, SHUT_RDWR);
         Sleep();
       }},
      {"exit", [](Program&, const Call&) { ::_exit(3); }},
      {"exit quietly", [](Program&, const Call&) { ::_exit(0); }},
      {"crash",
       [](Program&, const Call&) {
         ::signal(SIGSEGV, SIG_DFL);
         ::raise(SIGSEGV);
       }},
      {"abort", [](Program&, const Call&) { std::abort(); }},
      {"stop", [](Program&, const Call&) { ::kill(::getpid(), SIGSTOP); }},
      // Its end of this line goes to where the host reads nothing, and so outlives it.
      {"leave its line",
       [](Program& self, const Call& call) {
         const std::array<int, 1> files = {call.line.descriptor()};
         static_cast<void>(self.first_.Send(Kind::kDone, 0, {}, files, Deadline::Never()));
         ::_exit(5);
       }},
      {"fail as the host",
       [](Program&, const Call& call) {
         Writer body;
         Put(Error(ErrorCode::kNotFound,
                   Wording("\x1b[2Jno such\nmodel", std::string(100'000, 'x')))
                 .AtLimit("max_contexts"),
             body);
         call.Send(Kind::kFailed, body);
       }},
      {"fail without a reason", [](Program&, const Call& call) { call.Send(Kind::kFailed, {}); }},
      {"log escapes",
       [](Program&, const Call&) {
         const std::string_view line = "<error>\x1b]0;title\x07 \x1b[2J\rforged \xff\n";
         static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
         ::_exit(4);
       }},
      {"log without end",
       [](Program&, const Call&) {
         const std::string line(1 << 16, 'a');
         for (int i = 0; i < 64; ++i) {
           static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
         }
         const std::string_view many = "<warning>a\n<error>b\n";
         for (int i = 0; i < 100'000; ++i) {
           static_cast<void>(!::write(STDERR_FILENO, many.data(), many.size()));
         }
         ::_exit(4);
       }},
      {"take memory",
       [](Program&, const Call&) {
         for (;;) {
           void* const taken =
               ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
           if (taken == MAP_FAILED) Sleep();
           std::memset(taken, 1, 1 << 20);
           // Slow enough to be measured, fast enough to matter.
           std::this_thread::sleep_for(std::chrono::microseconds(500));
         }
       }},
      // Loads.
      {"any rank",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.outputs.front().shape.reset();
         self.AnswerLoaded(call, loaded);
       }},
      {"many dims",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.outputs.front().shape.emplace(1000, Dim{.min = 1, .max = 1});
         self.AnswerLoaded(call, loaded);
       }},
      {"larger than memory",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.outputs.front().shape = {{{.min = kHuge, .max = kHuge}, {.min = 9, .max = 9}}};
         self.AnswerLoaded(call, loaded);
       }},
      {"nearly all memory",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.outputs.front().shape = {{{.min = kHuge / 4, .max = kHuge / 4}}};
         self.AnswerLoaded(call, loaded);
       }},
      {"least above most",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.inputs.front().shape = {{{.min = 5, .max = 4}}};
         self.AnswerLoaded(call, loaded);
       }},
      {"context bytes",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.context_bytes = ~std::uint64_t{0};
         self.AnswerLoaded(call, loaded);
       }},
      {"any names",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.inputs.front().name = std::string("\x1b[2J\0\xff\n", 7);
         loaded.inputs.front().aliases = {std::string(1 << 20, '\xff'), ""};
         self.AnswerLoaded(call, loaded);
       }},
      {"no tensors", [](Program& self, const Call& call) { self.AnswerLoaded(call, {}); }},
      {"keep state",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.keeps_state = true;
         self.AnswerLoaded(call, loaded);
       }},
      {"wait",
       [](Program& self, const Call& call) {
         AwaitFile(Read<protocol::Load>(call.message.body)->model.options["wait"]);
         self.AnswerLoaded(call, Honest());
       }},
      {"open more",
       [](Program& self, const Call& call) {
         Loaded loaded = Honest();
         loaded.notes = {self.OpenAll(call)};
         self.AnswerLoaded(call, loaded);
       }},
      // Inferences.
      {"twice",
       // At once, so that the host has the second when it has the first.
       [](Program& /*self*/, const Call& call) {
         protocol::Writer body;
         Put(std::vector<ComputedOutput>{{.dims = {4}, .bytes = 16, .is_placed = true}}, body);
         const auto bytes = body.bytes();
         const Header header = {.length = static_cast<std::uint32_t>(bytes.size()),
                                .kind = static_cast<std::uint16_t>(Kind::kComputed),
                                .call = call.message.call};
         std::vector<std::byte> twice;
         for (int i = 0; i < 2; ++i) {
           const auto head = Bytes(header);
           twice.insert(twice.end(), head.begin(), head.end());
           twice.insert(twice.end(), bytes.begin(), bytes.end());
         }
         call.SendRaw(twice);
       }},
      {"other dims",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {5}, .bytes = 20, .is_placed = true}});
       }},
      {"other bytes",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {4}, .bytes = 1 << 20, .is_placed = true}});
       }},
      {"no bytes",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {4}, .bytes = 0, .is_placed = true}});
       }},
      {"overflow",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {kHuge, 4}, .bytes = 0, .is_placed = true}});
       }},
      {"late",
       [](Program& self, const Call& call) {
         std::this_thread::sleep_for(std::chrono::seconds(1));
         self.AnswerComputed(call, {{.dims = {4}, .bytes = 16, .is_placed = true}});
       }},
      {"placed nowhere",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {1 << 20}, .bytes = 4 << 20, .is_placed = true}});
       }},
      // Into a place of 16 bytes, and of 0 at first.
      {"beyond its place",
       [](Program& self, const Call& call) {
         const bool has_place = self.compute_.outputs.front().bytes == 16;
         self.AnswerComputed(
             call, {has_place ? ComputedOutput{{5}, 20, true} : ComputedOutput{{4}, 16, false}});
       }},
      {"beyond all memory",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {kHuge / 2}, .bytes = kHuge * 2, .is_placed = false}});
       }},
      {"large",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, {{.dims = {1UL << 28}, .bytes = 1UL << 30, .is_placed = false}});
       }},
      {"too few outputs", [](Program& self, const Call& call) { self.AnswerComputed(call, {}); }},
      {"too many outputs",
       [](Program& self, const Call& call) {
         self.AnswerComputed(call, std::vector<ComputedOutput>(100'000, {{4}, 16, true}));
       }},
      {"many dims of an output",
       [](Program& self, const Call& call) {
         self.AnswerComputed(
             call, {{.dims = std::vector<std::uint64_t>(100, 1), .bytes = 4, .is_placed = false}});
       }},
      // Puts out 64 MiB, and then four elements each time.
      {"large once",
       [](Program& self, const Call& call) {
         static std::atomic<bool> is_later = false;
         const bool is_small = is_later.exchange(true);
         const bool has_place = self.compute_.outputs.front().bytes >= 16;
         self.AnswerComputed(
             call,
             {is_small ? ComputedOutput{.dims = {4}, .bytes = 16, .is_placed = has_place}
                       : ComputedOutput{.dims = {1 << 24}, .bytes = 64 << 20, .is_placed = false}});
       }},
      // Changes and shrinks what it was given, as far as it can, and puts out how many ways worked.
      {"change inputs",
       [](Program& self, const Call& call) {
         const std::lock_guard lock(self.mutex_);
         const Piece& input = self.compute_.inputs.front().piece;
         const Piece& output = self.compute_.outputs.front();
         int done = 0;
         const auto count = [&done](bool worked) { done += worked ? 1 : 0; };
         for (const auto& [id, file] : self.slabs_) {
           const int fd = file.get();
           const float other = 9;
           count(::ftruncate(fd, 0) == 0);
           count(::ftruncate(fd, 1 << 30) == 0);
           count(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
           if (id != input.slab) continue;
           count(::pwrite(fd, &other, sizeof other, static_cast<off_t>(input.offset)) > 0);
           count(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage) == 0);
           count(::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
           void* const read = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
           count(::mprotect(read, kPage, PROT_READ | PROT_WRITE) == 0);
           count(::madvise(read, kPage, MADV_REMOVE) == 0);
         }
         const auto ways = static_cast<float>(done);
         const auto to = self.maps_.Find(output);
         if (to) std::memcpy(to->get(), &ways, sizeof ways);
         self.AnswerComputed(call, {{.dims = {4}, .bytes = 16, .is_placed = true}});
       }},
      // Writes on to its output after it has answered.
      {"rewrite outputs",
       [](Program& self, const Call& call) {
         const auto to = self.maps_.Find(self.compute_.outputs.front());
         if (!to) ::_exit(1);
         std::thread([bytes = *to] {
           for (unsigned value = 0;; ++value) std::memset(bytes.get(), static_cast<int>(value), 16);
         }).detach();
         self.AnswerComputed(call, {{.dims = {4}, .bytes = 16, .is_placed = true}});
       }},
  };
  return misdeeds;
}

bool Program::Misbehave(const std::string& what, const Call& call) {
  const auto found = Misdeeds().find(what);
  if (found == Misdeeds().end()) return false;
  found->second(*this, call);
  return true;
}

void Program::Load(const Call& call) {
  auto load = Read<protocol::Load>(call.message.body);
  if (!load) ::_exit(1);
  const std::string what = load->model.options["load"];
  {
    const std::lock_guard lock(mutex_);
    graphs_[load->graph] = {.options = load->model.options};
  }
  // As for a model that crashes on the values of its warm-up.
  if (what == "exit when warmed up" && load->warm_up) ::_exit(3);
  if (!Misbehave(what, call)) AnswerLoaded(call, Honest());
}

void Program::Compute(const Call& call) {
  auto compute = Read<protocol::Compute>(call.message.body);
  if (!compute) ::_exit(1);
  std::string what;
  std::string gate;
  {
    const std::lock_guard lock(mutex_);
    what = graphs_[compute->graph].options["compute"];
    gate = graphs_[compute->graph].options["wait"];
    compute_ = *compute;
  }
  if (!gate.empty()) AwaitFile(gate);
  if (Misbehave(what, call)) return;
  const auto from = maps_.Find(compute->inputs.front().piece);
  const auto to = maps_.Find(compute->outputs.front());
  if (!from || !to) ::_exit(1);
  float first = 0;
  std::memcpy(&first, from->get(), sizeof first);
  if (first == 9) ::_exit(9);
  std::memcpy(to->get(), from->get(), 16);
  AnswerComputed(call, {{.dims = {4}, .bytes = 16, .is_placed = true}});
}

void Program::AddSlabs(const Call& call) {
  const auto slabs = Read<std::vector<Slab>>(call.message.body);
  if (!slabs || slabs->size() != call.message.files.size()) ::_exit(1);
  for (std::size_t i = 0; i < slabs->size(); ++i) {
    if (!maps_.Add((*slabs)[i], call.message.files[i])) ::_exit(1);
    const std::lock_guard lock(mutex_);
    slabs_.insert_or_assign((*slabs)[i].id, std::move(call.message.files[i]));
  }
  call.Send(Kind::kDone, {});
}

void Program::Serve(Connection& line) {
  for (;;) {
    auto message = line.Receive(Deadline::Never());
    if (!message) return;
    const Call call{.line = line, .message = *message};
    switch (message->kind) {
      case Kind::kOpenConnection:
        for (base::FileDescriptor& file : message->files) {
          const std::lock_guard lock(mutex_);
          lines_.push_back(file.get());
          std::thread([this, socket = std::move(file)]() mutable {
            Connection made(std::move(socket), Side::kWorker);
            Serve(made);
          }).detach();
        }
        break;
      case Kind::kLoad:
        Load(call);
        break;
      case Kind::kAddSlabs:
        AddSlabs(call);
        break;
      case Kind::kCompute:
        Compute(call);
        break;
      case Kind::kReadOutput:
        // Without having written it.
        call.Send(Kind::kDone, {});
        break;
      default:
        break;
    }
  }
}

// Greets the host, rightly or not. Returns whether to go on.
bool Greet(Connection& host, std::uint64_t call, std::string_view what) {
  Started started = {.version = kVersion,
                     .backend = "hostile",
                     .library_version = "1",
                     .encodings = {Encoding::kOnnx}};
  if (what == "silent") Sleep();
  if (what == "exit") ::_exit(3);
  if (what == "explain") {
    std::fputs("\x1b[2Jno library, because\n", stderr);
    ::_exit(3);
  }
  if (what == "stop") ::kill(::getpid(), SIGSTOP);
  if (what == "close") {
    ::shutdown(host.descriptor(), SHUT_RDWR);
    Sleep();
  }
  if (what == "garbage") {
    const std::vector<std::byte> garbage(1000, std::byte{0xA5});
    static_cast<void>(::send(host.descriptor(), garbage.data(), garbage.size(), MSG_NOSIGNAL));
    Sleep();
  }
  if (what == "half") {
    const Header header = {
        .length = 1000, .kind = static_cast<std::uint16_t>(Kind::kStarted), .call = call};
    static_cast<void>(::send(host.descriptor(), &header, sizeof header, MSG_NOSIGNAL));
    Sleep();
  }
  if (what == "version") ++started.version;
  if (what == "backend") started.backend = "another";
  if (what == "encodings") started.encodings = {Encoding::kOnnx, Encoding::kOpenVino};
  Writer body;
  if (what == "fail") {
    body.Text("garbage");
    static_cast<void>(host.Send(Kind::kFailed, call, body.bytes(), {}, Deadline::Never()));
    Sleep();
  }
  Put(started, body);
  return host.Send(Kind::kStarted, call, body.bytes(), {}, Deadline::Never()).has_value();
}

// Passes on what the keeper says, later than it says it. To be called before there is a keeper,
// which has the thread then.
base::FileDescriptor Delayed(base::FileDescriptor to_host) {
  auto ends = Connection::MakePair();
  if (!ends) ::_exit(1);
  // The keeper's news of its worker, which the thread would take away.
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  std::thread([from = std::make_shared<Connection>(std::move(ends->first), Side::kWorker),
               to = std::make_shared<Connection>(std::move(to_host), Side::kHost)] {
    while (const auto said = from->Receive(Deadline::Never())) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      std::vector<int> files;
      for (const base::FileDescriptor& file : said->files) files.push_back(file.get());
      static_cast<void>(to->Send(said->kind, said->call, said->body, files, Deadline::Never()));
    }
  }).detach();
  return std::move(ends->second);
}

int Main(std::string_view name) {
  const auto dash = name.rfind("hostile-");
  const std::string_view what =
      dash == std::string_view::npos ? "" : name.substr(dash + std::strlen("hostile-"));
  // Not even its keeper is as it must be.
  if (what == "unkept") Sleep();
  base::FileDescriptor to_host(kKeeperConnection);
  if (what == "late news") to_host = Delayed(std::move(to_host));
  const auto keeper = backend_program::StartKept(std::move(to_host));
  if (!keeper) return 1;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != *keeper) return 1;
  Connection host(base::FileDescriptor(kFirstConnection), Side::kWorker);
  const auto prepare = host.Receive(Deadline::Never());
  if (!prepare || prepare->kind != Kind::kPrepare) return 1;
  if (what == "early") ::_exit(3);
  const auto start = host.Receive(Deadline::Never());
  if (!start || start->kind != Kind::kStart) return 1;
  if (!Greet(host, start->call, what)) return 1;
  if (what == "unreading") Sleep();
  auto& program = *new Program(host);
  if (what == "deaf") {
    // Reads the first connection once, for one line, and no further.
    const auto open = host.Receive(Deadline::Never());
    if (!open || open->files.empty()) return 1;
    Connection line(base::FileDescriptor(::dup(open->files.front().get())), Side::kWorker);
    program.Serve(line);
    Sleep();
  }
  program.Serve(host);
  if (program.stays()) Sleep();
  ::_exit(0);
}

}  // namespace
}  // namespace namesake::protocol

int main(int /*argc*/, char** argv) { return namesake::protocol::Main(argv[0]); }
