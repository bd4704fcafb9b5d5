// The fake backend as a program, for hosts that run it in workers.
#include <memory>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "namesake/backend_program.h"

int main(int argc, char** argv) {
  static namesake::fake::Counters counters;
  using namesake::Encoding;
  return namesake::RunBackendProgram(
      argc, argv,
      std::make_unique<namesake::fake::Backend>(
          std::vector{Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlowLite}, counters));
}
