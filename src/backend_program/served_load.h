// One load in a worker: a model whose files are the host's.
#ifndef NAMESAKE_BACKEND_PROGRAM_SERVED_LOAD_H_
#define NAMESAKE_BACKEND_PROGRAM_SERVED_LOAD_H_

#include <memory>
#include <vector>

#include "backend_program/host_files.h"
#include "base/file.h"
#include "namesake/backend.h"
#include "protocol/messages.h"

namespace namesake::backend_program {

struct ServedGraph {
  std::shared_ptr<const Graph> graph;
  protocol::Loaded loaded;
};

// Returns the model that the head describes; without a source.
Model ToModel(const protocol::ModelHead& head);

// Loads the model from paths that exist only for this load. `files` are the descriptors that came
// with the call. Errors: those of `Backend::Load`; invalid_argument for a call that is not right.
Result<ServedGraph> LoadServed(Backend& backend, const protocol::Load& call,
                               std::vector<base::FileDescriptor> files, HostFiles& host);

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_SERVED_LOAD_H_
