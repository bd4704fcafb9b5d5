// Serves wasi:nn to a component that does not know about this one in front of it: every name that
// it loads gets the prefix "public-", and it can't load models of its own. Everything else goes to
// the host.
//
// Each resource it hands out belongs to this component and wraps one of the host's.

#include <prefix.h>

#include <string>
#include <string_view>
#include <vector>

// What this component's handles refer to.
struct exports_wasi_nn_tensor_tensor_t {
  wasi_nn_tensor_own_tensor_t host;
};
struct exports_wasi_nn_errors_error_t {
  wasi_nn_errors_error_code_t code;
  std::string text;
};
struct exports_wasi_nn_inference_graph_execution_context_t {
  wasi_nn_inference_own_graph_execution_context_t host;
};
struct exports_wasi_nn_graph_graph_t {
  wasi_nn_graph_own_graph_t host;
};

namespace {

constexpr std::string_view kPrefix = "public-";
// In place of a host's tensor that a call has taken.
constexpr std::int32_t kTaken = -1;

exports_wasi_nn_errors_own_error_t MakeError(wasi_nn_errors_error_code_t code, std::string text) {
  return exports_wasi_nn_errors_error_new(
      new exports_wasi_nn_errors_error_t{code, std::move(text)});
}

exports_wasi_nn_errors_own_error_t PassOn(wasi_nn_errors_own_error_t error) {
  const auto borrowed = wasi_nn_errors_borrow_error(error);
  prefix_string_t text;
  wasi_nn_errors_method_error_data(borrowed, &text);
  const auto passed = MakeError(wasi_nn_errors_method_error_code(borrowed),
                                {reinterpret_cast<const char*>(text.ptr), text.len});
  prefix_string_free(&text);
  wasi_nn_errors_error_drop_own(error);
  return passed;
}

exports_wasi_nn_tensor_own_tensor_t PassOn(wasi_nn_tensor_own_tensor_t tensor) {
  return exports_wasi_nn_tensor_tensor_new(new exports_wasi_nn_tensor_tensor_t{tensor});
}

// Returns the host's tensor, which the caller gives away with the handle.
wasi_nn_tensor_own_tensor_t Take(exports_wasi_nn_tensor_own_tensor_t tensor) {
  exports_wasi_nn_tensor_tensor_t* const ours = exports_wasi_nn_tensor_tensor_rep(tensor);
  const wasi_nn_tensor_own_tensor_t host = ours->host;
  ours->host.__handle = kTaken;
  exports_wasi_nn_tensor_tensor_drop_own(tensor);
  return host;
}

}  // namespace

// tensor

exports_wasi_nn_tensor_own_tensor_t exports_wasi_nn_tensor_constructor_tensor(
    exports_wasi_nn_tensor_tensor_dimensions_t* dimensions,
    exports_wasi_nn_tensor_tensor_type_t type, exports_wasi_nn_tensor_tensor_data_t* data) {
  wasi_nn_tensor_tensor_dimensions_t host_dimensions = {dimensions->ptr, dimensions->len};
  wasi_nn_tensor_tensor_data_t host_data = {data->ptr, data->len};
  const auto tensor = wasi_nn_tensor_constructor_tensor(&host_dimensions, type, &host_data);
  exports_wasi_nn_tensor_tensor_dimensions_free(dimensions);
  exports_wasi_nn_tensor_tensor_data_free(data);
  return PassOn(tensor);
}

void exports_wasi_nn_tensor_method_tensor_dimensions(
    exports_wasi_nn_tensor_borrow_tensor_t self,
    exports_wasi_nn_tensor_tensor_dimensions_t* result) {
  wasi_nn_tensor_tensor_dimensions_t dimensions;
  wasi_nn_tensor_method_tensor_dimensions(wasi_nn_tensor_borrow_tensor(self->host), &dimensions);
  *result = {dimensions.ptr, dimensions.len};
}

exports_wasi_nn_tensor_tensor_type_t exports_wasi_nn_tensor_method_tensor_ty(
    exports_wasi_nn_tensor_borrow_tensor_t self) {
  return wasi_nn_tensor_method_tensor_ty(wasi_nn_tensor_borrow_tensor(self->host));
}

void exports_wasi_nn_tensor_method_tensor_data(exports_wasi_nn_tensor_borrow_tensor_t self,
                                               exports_wasi_nn_tensor_tensor_data_t* result) {
  wasi_nn_tensor_tensor_data_t data;
  wasi_nn_tensor_method_tensor_data(wasi_nn_tensor_borrow_tensor(self->host), &data);
  *result = {data.ptr, data.len};
}

void exports_wasi_nn_tensor_tensor_destructor(exports_wasi_nn_tensor_tensor_t* tensor) {
  if (tensor->host.__handle != kTaken) wasi_nn_tensor_tensor_drop_own(tensor->host);
  delete tensor;
}

// errors

exports_wasi_nn_errors_error_code_t exports_wasi_nn_errors_method_error_code(
    exports_wasi_nn_errors_borrow_error_t self) {
  return self->code;
}

void exports_wasi_nn_errors_method_error_data(exports_wasi_nn_errors_borrow_error_t self,
                                              prefix_string_t* result) {
  prefix_string_dup_n(result, self->text.data(), self->text.size());
}

void exports_wasi_nn_errors_error_destructor(exports_wasi_nn_errors_error_t* error) {
  delete error;
}

// inference

bool exports_wasi_nn_inference_method_graph_execution_context_compute(
    exports_wasi_nn_inference_borrow_graph_execution_context_t self,
    exports_wasi_nn_inference_list_named_tensor_t* inputs,
    exports_wasi_nn_inference_list_named_tensor_t* result,
    exports_wasi_nn_inference_own_error_t* error) {
  std::vector<wasi_nn_inference_named_tensor_t> named;
  for (std::size_t i = 0; i < inputs->len; ++i) {
    named.push_back({inputs->ptr[i].f0, Take(inputs->ptr[i].f1)});
  }
  wasi_nn_inference_list_named_tensor_t host_inputs = {named.data(), named.size()};
  wasi_nn_inference_list_named_tensor_t outputs;
  wasi_nn_inference_own_error_t host_error;
  const bool good = wasi_nn_inference_method_graph_execution_context_compute(
      wasi_nn_inference_borrow_graph_execution_context(self->host), &host_inputs, &outputs,
      &host_error);
  exports_wasi_nn_inference_list_named_tensor_free(inputs);
  if (!good) {
    *error = PassOn(host_error);
    return false;
  }
  // Passes the list on in place, with other handles in it.
  static_assert(sizeof(wasi_nn_inference_named_tensor_t) ==
                sizeof(exports_wasi_nn_inference_named_tensor_t));
  for (std::size_t i = 0; i < outputs.len; ++i) {
    outputs.ptr[i].f1.__handle = PassOn(outputs.ptr[i].f1).__handle;
  }
  *result = {reinterpret_cast<exports_wasi_nn_inference_named_tensor_t*>(outputs.ptr), outputs.len};
  return true;
}

void exports_wasi_nn_inference_graph_execution_context_destructor(
    exports_wasi_nn_inference_graph_execution_context_t* context) {
  wasi_nn_inference_graph_execution_context_drop_own(context->host);
  delete context;
}

// graph

bool exports_wasi_nn_graph_method_graph_init_execution_context(
    exports_wasi_nn_graph_borrow_graph_t self,
    exports_wasi_nn_graph_own_graph_execution_context_t* result,
    exports_wasi_nn_graph_own_error_t* error) {
  wasi_nn_graph_own_graph_execution_context_t context;
  wasi_nn_graph_own_error_t host_error;
  if (!wasi_nn_graph_method_graph_init_execution_context(wasi_nn_graph_borrow_graph(self->host),
                                                         &context, &host_error)) {
    *error = PassOn(host_error);
    return false;
  }
  *result = exports_wasi_nn_inference_graph_execution_context_new(
      new exports_wasi_nn_inference_graph_execution_context_t{context});
  return true;
}

bool exports_wasi_nn_graph_load(exports_wasi_nn_graph_list_graph_builder_t* parts,
                                exports_wasi_nn_graph_graph_encoding_t,
                                exports_wasi_nn_graph_execution_target_t,
                                exports_wasi_nn_graph_own_graph_t*,
                                exports_wasi_nn_graph_own_error_t* error) {
  exports_wasi_nn_graph_list_graph_builder_free(parts);
  *error = MakeError(WASI_NN_ERRORS_ERROR_CODE_SECURITY, "only models with a name can be loaded");
  return false;
}

bool exports_wasi_nn_graph_load_by_name(prefix_string_t* name,
                                        exports_wasi_nn_graph_own_graph_t* result,
                                        exports_wasi_nn_graph_own_error_t* error) {
  std::string prefixed(kPrefix);
  prefixed.append(reinterpret_cast<const char*>(name->ptr), name->len);
  prefix_string_free(name);
  prefix_string_t argument = {reinterpret_cast<std::uint8_t*>(prefixed.data()), prefixed.size()};
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_graph_own_error_t host_error;
  if (!wasi_nn_graph_load_by_name(&argument, &graph, &host_error)) {
    *error = PassOn(host_error);
    return false;
  }
  *result = exports_wasi_nn_graph_graph_new(new exports_wasi_nn_graph_graph_t{graph});
  return true;
}

void exports_wasi_nn_graph_graph_destructor(exports_wasi_nn_graph_graph_t* graph) {
  wasi_nn_graph_graph_drop_own(graph->host);
  delete graph;
}
