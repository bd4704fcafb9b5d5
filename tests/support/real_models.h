// Real networks: their files, the inputs that tests give them, and what they must answer.
//
// tests/data/make_expected.py and make_real_models.py say where the expected values are from, and
// make the same inputs.
#ifndef NAMESAKE_TESTS_SUPPORT_REAL_MODELS_H_
#define NAMESAKE_TESTS_SUPPORT_REAL_MODELS_H_

#include <string>
#include <vector>

#include "namesake/backend.h"
#include "support/models.h"

namespace namesake::test {

// Each runs an inference on a graph of the network, in any encoding, and returns what is compared
// with the file of expected values, in its order. Fails the test if the graph describes itself
// wrongly.
std::vector<float> RunEfficientNet(const Graph& graph);
// `outputs` are the names of contour, note and onset, which differ between the forms of the model.
std::vector<float> RunBasicPitch(const Graph& graph, const std::vector<std::string>& outputs);
inline const std::vector<std::string> kBasicPitchOnnxOutputs = {
    "StatefulPartitionedCall:0", "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"};
inline const std::vector<std::string> kBasicPitchOutputs = {"contour", "note", "onset"};

struct RealModel {
  std::string name;
  Encoding encoding{};
  Path path;
  // Runs inferences, and returns what is compared with the expected values, in their order.
  std::vector<float> (*run)(const Graph& graph) = nullptr;
  // In tests/data/expected.
  std::string expected;
  // How far each backend's values may be from the expected ones, and from another backend's.
  float tolerance = 0;
  // For a network that was quantized or rounded to f16: what it answered before, and how far it may
  // be from that. Empty for others.
  std::string origin{};
  float origin_tolerance = 0;
};

// All of them, in a fixed order. No two have the same name and encoding.
const std::vector<RealModel>& RealModels();

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_REAL_MODELS_H_
