#!/usr/bin/env python3
"""Writes the small models in models/ that the backends' tests run.

Needs the PyPI packages onnx==1.23.2 and numpy. Run it from anywhere; it writes beside itself.
The TensorFlow graph and the TensorFlow Lite model are encoded by hand, so that TensorFlow itself is
not needed.
"""

import pathlib
import struct

import numpy as np
import onnx
from encoders import Int64, attribute, flatbuffer, integer, message, node, shape
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent / "models"

TYPES = {
    "f16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
    "f32": TensorProto.FLOAT,
    "f64": TensorProto.DOUBLE,
    "i8": TensorProto.INT8,
    "i16": TensorProto.INT16,
    "i32": TensorProto.INT32,
    "i64": TensorProto.INT64,
    "u8": TensorProto.UINT8,
    "u16": TensorProto.UINT16,
    "u32": TensorProto.UINT32,
    "u64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
}


def save(name, nodes, inputs, outputs, initializers=(), functions=(), is_valid=True):
    def values(specs):
        return [helper.make_tensor_value_info(n, t, s) for n, t, s in specs]

    graph = helper.make_graph(nodes, name, values(inputs), values(outputs), list(initializers))
    domains = ["", *(function.domain for function in functions)]
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(domain, 1 if domain else 18) for domain in domains],
        functions=functions, producer_name="")
    model.ir_version = 8
    if is_valid:
        onnx.checker.check_model(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    return model


def onnx_models():
    f32 = TensorProto.FLOAT
    for name, kind in TYPES.items():
        save(f"reshape_{name}", [helper.make_node("Flatten", ["x"], ["y"], axis=1)],
             [("x", kind, [2, 1, 3])], [("y", kind, [2, 3])])
    save("two_in_two_out",
         [helper.make_node("Add", ["left", "right"], ["sum"]),
          helper.make_node("Sub", ["left", "right"], ["difference"])],
         [("left", f32, [2, 2]), ("right", f32, [2, 2])],
         [("sum", f32, [2, 2]), ("difference", f32, [2, 2])])
    save("scalar", [helper.make_node("Neg", ["x"], ["y"])], [("x", f32, [])], [("y", f32, [])])
    save("dynamic", [helper.make_node("Relu", ["x"], ["y"])],
         [("x", f32, ["rows", 3])], [("y", f32, ["rows", 3])])
    save("batches", [helper.make_node("Add", ["left", "right"], ["sum"])],
         [("left", f32, ["batch", 2]), ("right", f32, ["batch", 2])],
         [("sum", f32, ["batch", 2])])
    save("total", [helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)],
         [("x", f32, ["rows", 3])], [("y", f32, [3])],
         [numpy_helper.from_array(np.array([0], dtype="<i8"), "axes")])
    for name in ("i64", "f64"):
        save(f"double_{name}", [helper.make_node("Add", ["x", "x"], ["y"])],
             [("x", TYPES[name], [2])], [("y", TYPES[name], [2])])
    save("not", [helper.make_node("Not", ["x"], ["y"])],
         [("x", TensorProto.BOOL, [4])], [("y", TensorProto.BOOL, [4])])
    save("text", [helper.make_node("Identity", ["words"], ["y"])],
         [("words", TensorProto.STRING, [2])], [("y", TensorProto.STRING, [2])])
    same = save("same", [helper.make_node("Identity", ["x"], ["y"])],
                [("x", f32, [2, 3])], [("y", f32, [2, 3])])
    # A name that is not UTF-8, of equal length, so that no length in the file changes.
    odd = same.SerializeToString(deterministic=True).replace(b"\x01x", b"\x01\xff")
    (OUT / "odd_name.onnx").write_bytes(odd)
    external_model("external", "external.weights")
    external_model("absolute", "*/_ORT_MEM_ADDR_/*")


def onnx_outputs():
    """Outputs that are not, or not only, the result of an operation of their own."""
    f32, i64 = TensorProto.FLOAT, TensorProto.INT64
    negate = helper.make_node("Neg", ["x"], ["y"])
    weights = numpy_helper.from_array(np.array([5, 6, 7, 8], dtype="<f4"), "w")
    for name, extent in {"passed": 4, "passed_dynamic": "n"}.items():
        save(name, [negate], [("x", f32, [extent])], [("x", f32, [extent]), ("y", f32, [extent])])
    save("only_passed", [], [("x", f32, [4])], [("x", f32, [4])])
    # The standard forbids it, and readers take it.
    save("repeated", [negate], [("x", f32, [4])], [("y", f32, [4]), ("y", f32, [4])],
         is_valid=False)
    save("constant", [negate], [("x", f32, [4])], [("w", f32, [4]), ("y", f32, [4])], [weights])
    save("of_any_size", [helper.make_node("NonZero", ["x"], ["y"])],
         [("x", f32, [4])], [("y", i64, [1, "k"])])
    save("of_any_rank", [helper.make_node("Reshape", ["x", "shape"], ["y"])],
         [("x", f32, None), ("shape", i64, ["rank"])], [("y", f32, None)], is_valid=False)
    save("of_another_shape", [helper.make_node("Reshape", ["x", "shape"], ["y"])],
         [("x", f32, [4]), ("shape", i64, [2])], [("y", f32, [4, 1])])
    body = helper.make_graph(
        [helper.make_node("Identity", ["goes_on"], ["still_goes_on"]),
         helper.make_node("Identity", ["value"], ["next_value"])], "body",
        [helper.make_tensor_value_info("trip", i64, []),
         helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("value", f32, [4])],
        [helper.make_tensor_value_info("still_goes_on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("next_value", f32, [4])])
    for name, extent in {"repeat": 4, "repeat_dynamic": "n"}.items():
        save(name, [helper.make_node("Loop", ["trips", "", "x"], ["y"], body=body)],
             [("x", f32, [4]), ("trips", i64, [])], [("y", f32, [extent])])
    double = helper.make_function(
        "pkg.local", "Double", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 18)])
    save("local_function", [helper.make_node("Double", ["x"], ["y"], domain="pkg.local")],
         [("x", f32, [4])], [("y", f32, [4])], functions=[double])
    # 2^53 + 1 and 1 + 2^-40 need 64 bits.
    for name, kind in {"wide_integers": i64, "wide_floats": TensorProto.DOUBLE}.items():
        save(name, [helper.make_node("Add", ["x", "x"], ["y"])], [("x", kind, [2])],
             [("y", kind, [2])])


def onnx_external_in_a_branch():
    """A tensor in a file beside the model, that only a subgraph has."""
    f32 = TensorProto.FLOAT
    def kept(name):
        tensor = TensorProto(name=name, data_type=f32, dims=[4], data_location=TensorProto.EXTERNAL)
        for key, value in {"location": "branch.weights", "offset": "0", "length": "16"}.items():
            tensor.external_data.add(key=key, value=value)
        return tensor
    def branch(name):
        return helper.make_graph(
            [helper.make_node("Add", ["x", f"{name}_w"], [name])], name, [],
            [helper.make_tensor_value_info(name, f32, [4])], [kept(f"{name}_w")])
    save("external_branch",
         [helper.make_node("If", ["which"], ["y"], then_branch=branch("a"), else_branch=branch("b"))],
         [("x", f32, [4]), ("which", TensorProto.BOOL, [])], [("y", f32, [4])], is_valid=False)
    (OUT / "branch.weights").write_bytes(np.array([1, 2, 3, 4], dtype="<f4").tobytes())


def onnx_on_nothing():
    """Operations that leave their outputs as they find them when they compute on nothing."""
    f32, u8, i32 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT32
    weights = [numpy_helper.from_array(np.full((1, 16, 3), 0.25, dtype="<f4"), "w"),
               numpy_helper.from_array(np.full((1, 16, 4), 0.25, dtype="<f4"), "r")]
    save("lstm", [helper.make_node("LSTM", ["x", "w", "r"], ["", "", "y"], hidden_size=4)],
         [("x", f32, ["time", 1, 3])], [("y", f32, [1, 1, 4])], weights)
    matrix = numpy_helper.from_array(np.zeros((0, 4), dtype="u1"), "m")
    # Nothing comes into it from outside.
    save("product_of_nothing", [helper.make_node("Slice", ["x", "from", "to", "axis"], ["part"]),
                                helper.make_node("MatMulInteger", ["part", "m"], ["y"])],
         [("x", u8, [2, 4])], [("y", i32, [2, 4])],
         [matrix, *(numpy_helper.from_array(np.array([value], dtype="<i8"), name)
                    for name, value in {"from": 0, "to": 0, "axis": 1}.items())])


def onnx_refusals():
    """Models that loading or computing refuses."""
    f32 = TensorProto.FLOAT
    save("unknown_operation", [helper.make_node("Foo", ["x"], ["y"], name="foo", domain="pkg.x")],
         [("x", f32, [4])], [("y", f32, [4])], is_valid=False,
         functions=[helper.make_function("pkg.x", "Bar", ["a"], ["b"],
                                         [helper.make_node("Neg", ["a"], ["b"])],
                                         [helper.make_opsetid("", 18)])])
    save("invalid_operation", [helper.make_node("Relu", ["x"], ["y"], name="bad", alpha=1.0)],
         [("x", f32, [4])], [("y", f32, [4])], is_valid=False)
    save("unimplemented", [helper.make_node("Add", ["x", "x"], ["y"], name="adder")],
         [("x", TensorProto.BFLOAT16, [4])], [("y", TensorProto.BFLOAT16, [4])])
    save("pick", [helper.make_node("Gather", ["x", "i"], ["y"], name="picker")],
         [("x", f32, [4]), ("i", TensorProto.INT64, [1])], [("y", f32, [1])])
    save("eight_bits", [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT8E5M2)],
         [("x", f32, [4])], [("y", TensorProto.FLOAT8E5M2, [4])], is_valid=False)
    context = helper.make_node("EPContext", ["x"], ["y"], name="ep", domain="com.microsoft",
                               embed_mode=0, ep_cache_context="../../etc/passwd")
    graph = helper.make_graph([context], "engine", [helper.make_tensor_value_info("x", f32, [4])],
                              [helper.make_tensor_value_info("y", f32, [4])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("com.microsoft", 1)],
                              producer_name="")
    model.ir_version = 8
    (OUT / "engine.onnx").write_bytes(model.SerializeToString(deterministic=True))
    configured = onnx.load(OUT / "same.onnx")
    configured.metadata_props.add(
        key="ort_config",
        value='{"session_options": {"enable_profiling": 1, "intra_op_num_threads": 64}}')
    (OUT / "configured.onnx").write_bytes(configured.SerializeToString(deterministic=True))


def external_model(name, location):
    """y = x + w, where w lies in a file of its own."""
    weights = np.array([1, 2, 3], dtype="<f4")
    w = numpy_helper.from_array(weights, "w")
    w.ClearField("raw_data")
    w.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": "12"}.items():
        w.external_data.add(key=key, value=value)
    f32 = TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], name,
        [helper.make_tensor_value_info("x", f32, [3])],
        [helper.make_tensor_value_info("y", f32, [3])], [w])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="")
    model.ir_version = 8
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (OUT / "external.weights").write_bytes(weights.tobytes())


DT_FLOAT = 1


def constant(name, values, dims):
    content = struct.pack(f"<{len(values)}f", *values)
    tensor = integer(1, DT_FLOAT) + message(2, shape(dims)) + message(4, content)
    return node(name, "Const", (),
                attribute("dtype", integer(6, DT_FLOAT)) + attribute("value", message(8, tensor)))


def tensorflow_graph():
    """y = relu(x W + b); W is 3 by 2."""
    kind = attribute("T", integer(6, DT_FLOAT))
    graph = (
        node("x", "Placeholder", (), attribute("dtype", integer(6, DT_FLOAT)) +
             attribute("shape", message(7, shape([-1, 3]))))
        + constant("W", [1, -1, 2, 0.5, -3, 4], [3, 2])
        + constant("b", [0.25, -0.5], [2])
        + node("product", "MatMul", ("x", "W"), kind)
        + node("sum", "BiasAdd", ("product", "b"), kind)
        + node("y", "Relu", ("sum",), kind))
    (OUT / "frozen.pb").write_bytes(graph + message(4, integer(1, 1087)))


def tensorflow_lite_model():
    """Two subgraphs, -x and exp(x), with a signature each."""
    def operator_code(number):
        return {0: number, 2: 1, 3: number}

    def subgraph(name, code):
        tensors = [{0: [1, 4], 1: 0, 2: 0, 3: f"{name}_x"}, {0: [1, 4], 1: 0, 2: 0, 3: f"{name}_y"}]
        return {0: tensors, 1: [0], 2: [1], 3: [{0: code, 1: [0], 2: [1]}], 4: name}

    def signature(key, index, source, target):
        return {0: [{0: source, 1: 0}], 1: [{0: target, 1: 1}], 2: key, 4: index}

    neg, exp = 59, 47
    model = {0: 3, 1: [operator_code(neg), operator_code(exp)],
             2: [subgraph("enc", 0), subgraph("dec", 1)], 3: "", 4: [{}],
             7: [signature("encode", 0, "audio", "embedding"),
                 signature("decode", 1, "embedding", "text")]}
    (OUT / "two_signatures.tflite").write_bytes(flatbuffer(model))


def quantized_models():
    """y = logistic(x) in u8, and y = x W + b in i8; W is 4 by 2."""
    def tensor(dims, kind, name, scale=0.0, zero=0, buffer=0):
        return {0: dims, 1: kind, 2: buffer, 3: name, 4: {2: [scale], 3: Int64([zero])}}

    def write(name, code, tensors, inputs, options, buffers=()):
        operator = {0: 0, 1: list(range(len(tensors) - 1)), 2: [len(tensors) - 1], **options}
        model = {0: 3, 1: [{0: code, 2: 1, 3: code}],
                 2: [{0: tensors, 1: inputs, 2: [len(tensors) - 1], 3: [operator], 4: "main"}],
                 3: "", 4: [{}, *({0: buffer} for buffer in buffers)]}
        (OUT / f"{name}.tflite").write_bytes(flatbuffer(model))

    u8, i8, i32 = 3, 9, 2
    fully_connected, logistic = 9, 14
    write("quantized_u8", logistic,
          [tensor([1, 8], u8, "x", 0.125, 10), tensor([1, 8], u8, "y", 1 / 256)], [0], {})
    weights = bytes(v & 255 for v in [1, -2, 3, 4, -50, 60, 70, -80])
    write("quantized_i8", fully_connected,
          [tensor([1, 4], i8, "x", 0.5, -7), tensor([2, 4], i8, "W", 0.25, 0, 1),
           tensor([2], i32, "b", 0.125, 0, 2), tensor([1, 2], i8, "y", 7.0, 5)],
          [0], {3: 8, 4: {}}, [weights, struct.pack("<2i", 100, -200)])


IR = """<?xml version="1.0"?>
<net name="{name}" version="{version}">
  <layers>
    <layer id="0" name="x" type="Parameter" version="opset1">
      <data shape="{shape}" element_type="{kind}"/>
      <output><port id="0" precision="{precision}" names="{names}">{dims}</port></output>
    </layer>
    <layer id="1" name="y" type="{op}" version="opset1">
      <input><port id="0">{dims}</port></input>
      <output><port id="1" precision="{precision}" names="{out}">{dims}</port></output>
    </layer>
    <layer id="2" name="y/result" type="Result" version="opset1">
      <input><port id="0">{dims}</port></input>
    </layer>
  </layers>
  <edges>
    <edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
    <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/>
  </edges>
</net>
"""


# y = x + the sum of all x so far; the first one counts twice.
COUNTER = """<?xml version="1.0"?>
<net name="counter" version="11">
  <layers>
    <layer id="0" name="x" type="Parameter" version="opset1">
      <data shape="1" element_type="f32"/>
      <output><port id="0" precision="FP32" names="x"><dim>1</dim></port></output>
    </layer>
    <layer id="1" name="read" type="ReadValue" version="opset6">
      <data variable_id="count" variable_type="f32" variable_shape="1"/>
      <input><port id="0"><dim>1</dim></port></input>
      <output><port id="1" precision="FP32"><dim>1</dim></port></output>
    </layer>
    <layer id="2" name="sum" type="Add" version="opset1">
      <data auto_broadcast="numpy"/>
      <input><port id="0"><dim>1</dim></port><port id="1"><dim>1</dim></port></input>
      <output><port id="2" precision="FP32" names="y"><dim>1</dim></port></output>
    </layer>
    <layer id="3" name="assign" type="Assign" version="opset6">
      <data variable_id="count" variable_type="f32" variable_shape="1"/>
      <input><port id="0"><dim>1</dim></port></input>
      <output><port id="1" precision="FP32"><dim>1</dim></port></output>
    </layer>
    <layer id="4" name="y/result" type="Result" version="opset1">
      <input><port id="0"><dim>1</dim></port></input>
    </layer>
  </layers>
  <edges>
    <edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
    <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/>
    <edge from-layer="0" from-port="0" to-layer="2" to-port="1"/>
    <edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>
    <edge from-layer="2" from-port="2" to-layer="4" to-port="0"/>
  </edges>
</net>
"""


def openvino_models():
    def ir(name, shape_text, dims, kind="f32", precision="FP32", version=11, names="x", out="y"):
        text = IR.format(name=name, version=version, shape=shape_text, kind=kind, op="ReLU",
                         precision=precision, names=names, out=out,
                         dims="".join(f"<dim>{d}</dim>" for d in dims))
        (OUT / f"{name}.xml").write_text(text)

    ir("bounded", "1..8,3", [-1, 3])
    ir("aliased", "2,3", [2, 3], names="zeta,alpha,middle", out="second,first")
    ir("any_rank", "...", [])
    ir("version10", "2,3", [2, 3], kind="f16", precision="FP16", version=10)
    ir("four_bits", "2,4", [2, 4], kind="u4", precision="U4")
    ir("nameless", "2,3", [2, 3], names="", out="")
    (OUT / "counter.xml").write_text(COUNTER)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    onnx_models()
    onnx_outputs()
    onnx_on_nothing()
    onnx_external_in_a_branch()
    onnx_refusals()
    tensorflow_graph()
    tensorflow_lite_model()
    quantized_models()
    openvino_models()
