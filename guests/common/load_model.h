// Loading the host's models by name, for guests that can't go on without.
#ifndef NAMESAKE_GUESTS_COMMON_LOAD_MODEL_H_
#define NAMESAKE_GUESTS_COMMON_LOAD_MODEL_H_

#include <string>
#include <utility>

#include "common/message.h"
#include "common/wasi_nn.h"

// Ends the guest with a message if the host does not give it the model.
inline wasi_nn::Graph LoadModel(const std::string& name) {
  auto graph = wasi_nn::LoadByName(name);
  if (graph.error() == wasi_nn::Errno::kNotFound) {
    Fail(
        "the host has no model named \"%s\". Give it one: namesake run --nn-preload %s:onnx:FILE …",
        name.c_str(), name.c_str());
  }
  if (!graph.ok()) {
    Fail("can't load the model \"%s\": %s", name.c_str(), wasi_nn::Name(graph.error()));
  }
  return std::move(graph).OrDie();
}

#endif  // NAMESAKE_GUESTS_COMMON_LOAD_MODEL_H_
