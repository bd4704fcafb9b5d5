#include "backend_program/server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "backend_program/host_files.h"
#include "backend_program/served_context.h"
#include "backend_program/served_load.h"
#include "backend_program/slab_maps.h"
#include "base/fail.h"
#include "base/processor_hold.h"
#include "protocol/connection.h"
#include "protocol/messages.h"

namespace namesake::backend_program {
namespace {

using protocol::Kind;
using protocol::Message;
using protocol::Writer;

// Whether this process has met the end of its memory. Bad_alloc says so only to the one who catches
// it, and a library may make other words of it.
std::atomic<bool> is_out_of_memory = false;

void NoteOutOfMemory() {
  is_out_of_memory = true;
  throw std::bad_alloc();
}

Error InWords(Error error) {
  if (!is_out_of_memory.exchange(false) || error.code() != ErrorCode::kRuntimeError) return error;
  return error.WithCode(ErrorCode::kResourceExhausted).AtLimit("max_worker_memory_bytes");
}

template <typename T>
Result<T> ReadCall(const Message& message) {
  auto call = protocol::Read<T>(message.body);
  if (call) return *std::move(call);
  return base::Fail(ErrorCode::kInvalidArgument, "the host's message is not understood");
}

// The kind of a call's answer, or the error; the rest is written apart.
using Answer = Result<Kind>;

struct Reply {
  Writer body;
  // The processor on which this thread waits for the next call; empty for any.
  std::optional<unsigned> processor;
};

class Server {
 public:
  explicit Server(Backend& backend) : backend_(backend) {}

  // Answers calls until the host closes the connection.
  void Serve(protocol::Connection connection);

 private:
  Answer Call(const protocol::Connection& connection, Message message, Reply& reply);
  Answer Dispatch(Message& message, HostFiles& files, Reply& reply);
  Answer Identify(const Message& message, Writer& body);
  Answer CheckOptions(const Message& message, Writer& body);
  Answer CheckTarget(const Message& message);
  Answer Load(Message& message, HostFiles& files, Writer& body);
  Answer AddSlabs(const Message& message);
  Answer Compute(const Message& message, Reply& reply);
  Answer ReadOutput(const Message& message);
  void OpenConnection(Message message);
  void Drop(const Message& message);
  Result<std::shared_ptr<ServedContext>> ContextOf(const protocol::Compute& call);
  std::shared_ptr<ServedContext> FindContext(std::uint64_t id);

  Backend& backend_;
  SlabMaps slabs_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::uint64_t, std::shared_ptr<const Graph>> graphs_;
  std::map<std::uint64_t, std::shared_ptr<ServedContext>> contexts_;
};

std::shared_ptr<ServedContext> Server::FindContext(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = contexts_.find(id);
  return found == contexts_.end() ? nullptr : found->second;
}

// Makes the context at its first call.
Result<std::shared_ptr<ServedContext>> Server::ContextOf(const protocol::Compute& call) {
  if (auto found = FindContext(call.context)) return found;
  std::shared_ptr<const Graph> graph;
  {
    const std::lock_guard lock(mutex_);
    const auto found = graphs_.find(call.graph);
    if (found != graphs_.end()) graph = found->second;
  }
  if (graph == nullptr) {
    return base::Fail(ErrorCode::kInvalidArgument, "the graph was never loaded here");
  }
  auto made = graph->NewContext(Placement::Host());
  if (!made) return base::Fail(std::move(made));
  auto context = std::make_shared<ServedContext>(*std::move(made));
  const std::lock_guard lock(mutex_);
  contexts_.insert_or_assign(call.context, context);
  return context;
}

Answer Server::Identify(const Message& message, Writer& body) {
  const auto head = ReadCall<protocol::ModelHead>(message);
  if (!head) return base::Fail(head);
  const auto identity = backend_.IdentifyForm(ToModel(*head), {});
  if (!identity) return base::Fail(identity);
  protocol::Put(*identity, body);
  return Kind::kIdentified;
}

Answer Server::CheckOptions(const Message& message, Writer& body) {
  const auto head = ReadCall<protocol::ModelHead>(message);
  if (!head) return base::Fail(head);
  protocol::Put(backend_.CheckOptions(ToModel(*head)), body);
  return Kind::kOptionProblems;
}

Answer Server::CheckTarget(const Message& message) {
  const auto head = ReadCall<protocol::ModelHead>(message);
  if (!head) return base::Fail(head);
  if (auto checked = backend_.CheckTarget(head->target); !checked) return base::Fail(checked);
  return Kind::kDone;
}

Answer Server::Load(Message& message, HostFiles& files, Writer& body) {
  const auto call = ReadCall<protocol::Load>(message);
  if (!call) return base::Fail(call);
  auto served = LoadServed(backend_, *call, std::move(message.files), files);
  if (!served) return base::Fail(std::move(served));
  Put(served->loaded, body);
  const std::lock_guard lock(mutex_);
  graphs_.insert_or_assign(call->graph, std::move(served->graph));
  return Kind::kLoaded;
}

Answer Server::AddSlabs(const Message& message) {
  const auto slabs = ReadCall<std::vector<protocol::Slab>>(message);
  if (!slabs) return base::Fail(slabs);
  if (slabs->size() != message.files.size()) {
    return base::Fail(ErrorCode::kInvalidArgument, "a slab came without its memory");
  }
  for (std::size_t i = 0; i < slabs->size(); ++i) {
    if (auto added = slabs_.Add((*slabs)[i], message.files[i]); !added) return base::Fail(added);
  }
  return Kind::kDone;
}

Answer Server::Compute(const Message& message, Reply& reply) {
  const auto call = ReadCall<protocol::Compute>(message);
  if (!call) return base::Fail(call);
  if (call->processor) reply.processor = static_cast<unsigned>(*call->processor);
  const auto context = ContextOf(*call);
  if (!context) return base::Fail(context);
  const auto outputs = (*context)->Compute(*call, slabs_);
  if (!outputs) return base::Fail(outputs);
  Put(*outputs, reply.body);
  return Kind::kComputed;
}

Answer Server::ReadOutput(const Message& message) {
  const auto call = ReadCall<protocol::ReadOutput>(message);
  if (!call) return base::Fail(call);
  const auto context = FindContext(call->context);
  if (context == nullptr) {
    return base::Fail(ErrorCode::kInvalidArgument, "the context was never made here");
  }
  if (auto read = context->ReadOutput(*call, slabs_); !read) return base::Fail(std::move(read));
  return Kind::kDone;
}

void Server::OpenConnection(Message message) {
  for (base::FileDescriptor& file : message.files) {
    std::thread([this, socket = std::move(file)]() mutable {
      Serve(protocol::Connection(std::move(socket), protocol::Side::kWorker));
    }).detach();
  }
}

void Server::Drop(const Message& message) {
  const auto drops = protocol::Read<std::vector<protocol::Drop>>(message.body);
  if (!drops) return;
  std::vector<std::shared_ptr<const void>> dropped;  // Destroyed after unlocking.
  const std::lock_guard lock(mutex_);
  for (const auto& [what, id] : *drops) {
    switch (what) {
      case protocol::Dropped::kContext:
        if (auto node = contexts_.extract(id)) dropped.push_back(std::move(node.mapped()));
        break;
      case protocol::Dropped::kGraph:
        if (auto node = graphs_.extract(id)) dropped.push_back(std::move(node.mapped()));
        break;
      case protocol::Dropped::kSlab:
        slabs_.Drop(id);
        break;
    }
  }
}

Answer Server::Dispatch(Message& message, HostFiles& files, Reply& reply) {
  Writer& body = reply.body;
  switch (message.kind) {
    case Kind::kIdentify:
      return Identify(message, body);
    case Kind::kCheckOptions:
      return CheckOptions(message, body);
    case Kind::kCheckTarget:
      return CheckTarget(message);
    case Kind::kDevices:
      protocol::Put(backend_.Devices(), body);
      return Kind::kDeviceList;
    case Kind::kLoad:
      return Load(message, files, body);
    case Kind::kAddSlabs:
      return AddSlabs(message);
    case Kind::kCompute:
      return Compute(message, reply);
    case Kind::kReadOutput:
      return ReadOutput(message);
    default:
      return base::Fail(ErrorCode::kInvalidArgument, "the host's message is of an unknown kind");
  }
}

Answer Server::Call(const protocol::Connection& connection, Message message, Reply& reply) {
  HostFiles files(connection, message.call);
  const LibraryCalls libraries(files);
  try {
    return Dispatch(message, files, reply);
  } catch (const std::bad_alloc&) {
    return base::Fail(ErrorCode::kRuntimeError, "out of memory");
  } catch (const std::exception& error) {
    return base::Fail(ErrorCode::kRuntimeError, "the backend failed{}",
                      Wording("", fmt::format(": {}", error.what())));
  }
}

void Server::Serve(protocol::Connection connection) {
  Reply reply;
  std::optional<base::ProcessorHold> hold;
  for (;;) {
    auto message = connection.Receive(Deadline::Never());
    // An inference, and the threads that a library starts for it, may run anywhere.
    hold.reset();
    if (!message) return;
    if (message->kind == Kind::kOpenConnection) {
      OpenConnection(*std::move(message));
      continue;
    }
    if (message->kind == Kind::kDrop) {
      Drop(*message);
      continue;
    }
    const std::uint64_t call = message->call;
    reply.body.Clear();
    reply.processor.reset();
    const Answer answer = Call(connection, *std::move(message), reply);
    if (!answer) {
      reply.body.Clear();
      protocol::Put(InWords(answer.error()), reply.body);
    }
    const Kind kind = answer ? *answer : Kind::kFailed;
    if (!connection.Send(kind, call, reply.body.bytes(), {}, Deadline::Never())) return;
    if (reply.processor) hold.emplace(*reply.processor);
  }
}

}  // namespace

void Serve(Backend& backend, protocol::Connection first) {
  std::set_new_handler(NoteOutOfMemory);
  // Never destroyed: other threads may be in the middle of a call when the host goes.
  auto& server = *new Server(backend);
  server.Serve(std::move(first));
  ::_exit(0);
}

}  // namespace namesake::backend_program
