// The backend of scale_backend.h as a program: a host starts it in a sandbox, once for each tenant
// (namesake::NewWorkerBackend). Started by hand, it says what it is.
//
//   scale_program --version     prints its name and version
#include <namesake/backend_program.h>

#include <memory>

#include "scale_backend.h"

int main(int argc, char** argv) {
  return namesake::RunBackendProgram(argc, argv, std::make_unique<ScaleBackend>());
}
