// Gives a guest wasi-nn in an engine of one's own: the store and the linker are this program's, the
// view is Namesake's. The guest is a module, and sees the model under NAME.
//
//   embed_engine GUEST.wasm NAME MODEL
#include <namesake/namesake.h>
#include <namesake/wasmtime.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <wasmtime.hh>

static int Fail(const std::string& reason) {
  std::cerr << "embed_engine: " << reason << '\n';
  return 1;
}

static int Run(const std::string& guest, namesake::View& view) {
  std::ostringstream content;
  content << std::ifstream(guest, std::ios::binary).rdbuf();
  std::string wasm = content.str();
  if (wasm.empty()) return Fail(guest + " can't be read, or is empty");
  wasmtime::Engine engine;
  auto module = wasmtime::Module::compile(
      engine, {reinterpret_cast<std::uint8_t*>(wasm.data()), wasm.size()});
  if (!module) return Fail(guest + ": " + module.err().message());
  wasmtime::Linker linker(engine);
  if (auto wasi = linker.define_wasi(); !wasi) return Fail(wasi.err().message());
  if (auto nn = namesake::DefineWasiNn(linker.capi(), view); !nn) return Fail(nn.error().detail());

  wasmtime::Store store(engine);
  wasmtime::WasiConfig wasi;
  wasi.inherit_stdout();
  wasi.inherit_stderr();
  if (auto set = store.context().set_wasi(std::move(wasi)); !set) return Fail(set.err().message());
  auto added = linker.module(store, "", module.ok_ref());
  if (!added) return Fail(added.err().message());
  auto start = linker.get_default(store, "");
  if (!start) return Fail(start.err().message());
  auto done = start.ok_ref().call(store, {});
  if (done) return 0;
  const auto* const error = std::get_if<wasmtime::Error>(&done.err_ref().data);
  const auto exit_code = error == nullptr ? std::nullopt : error->i32_exit();
  return exit_code ? *exit_code : Fail(done.err().message());
}

int main(int argc, char** argv) {
  if (argc != 4) return Fail("usage: embed_engine GUEST.wasm NAME MODEL");
  const auto host = namesake::Host::Create({});
  if (!host) return Fail(host.error().detail());
  const auto added = (*host)->Register(argv[2], {.source = namesake::ModelFiles{{argv[3]}}});
  return added ? Run(argv[1], *(*host)->NewView()) : Fail(added.error().detail());
}
