#!/usr/bin/env python3
"""Writes the tiny models in suite/ that tests/backends runs, each in several encodings.

Needs nothing but Python. Run it from anywhere; it writes beside itself. Most of the same models in
ONNX are made by make_models.py.
"""

import pathlib
import shutil
import struct

from encoders import attribute, flatbuffer, integer, message, node, shape

OUT = pathlib.Path(__file__).resolve().parent / "suite"

# For each type its name and precision in OpenVINO IR, and its numbers in TensorFlow and in
# TensorFlow Lite.
TYPES = {
    "f16": ("f16", "FP16", 19, 1),
    "bf16": ("bf16", "BF16", 14, 18),
    "f32": ("f32", "FP32", 1, 0),
    "f64": ("f64", "FP64", 2, 10),
    "i8": ("i8", "I8", 6, 9),
    "i16": ("i16", "I16", 5, 7),
    "i32": ("i32", "I32", 3, 2),
    "i64": ("i64", "I64", 9, 4),
    "u8": ("u8", "U8", 4, 3),
    "u16": ("u16", "U16", 17, 16),
    "u32": ("u32", "U32", 22, 15),
    "u64": ("u64", "U64", 23, 12),
    "bool": ("boolean", "BOOL", 10, 6),
}

# For each operation: its type and attributes in OpenVINO IR; its name in TensorFlow; its number and
# that of its options in TensorFlow Lite.
OPERATIONS = {
    "squeeze": ("Squeeze", "", "Squeeze", 22, 17),
    "negate": ("Negative", "", "Neg", 59, 0),
    "relu": ("ReLU", "", "Relu", 19, 0),
    "add": ("Add", '<data auto_broadcast="numpy"/>', "AddV2", 0, 11),
    "subtract": ("Subtract", '<data auto_broadcast="numpy"/>', "Sub", 41, 28),
    "multiply": ("MatMul", '<data transpose_a="false" transpose_b="false"/>', "BatchMatMulV2", 126,
                 101),
}


class Net:
    """A model of one type: inputs and operations by the names of their only output."""

    def __init__(self, kind, inputs, operations, outputs):
        self.kind = kind
        self.inputs = inputs  # Name to shape; -1 is any extent.
        self.operations = operations  # (operation, inputs, output, shape)
        self.outputs = outputs
        self.shapes = {**inputs, **{output: dims for _, _, output, dims in operations}}


# ---- OpenVINO IR

def ir(name, net):
    kind, precision, _, _ = TYPES[net.kind]
    layers, edges, places = [], [], {}

    def port(number, tensor, is_output=False):
        dims = "".join(f"<dim>{extent}</dim>" for extent in net.shapes[tensor])
        more = f' precision="{precision}" names="{tensor}"' if is_output else ""
        return f'<port id="{number}"{more}>{dims}</port>'

    def layer(tensor, op, data, sources, has_output=True):
        number = len(layers)
        text = f'    <layer id="{number}" name="{tensor}" type="{op}" version="opset1">{data}'
        if sources:
            text += f'<input>{"".join(port(i, s) for i, s in enumerate(sources))}</input>'
        for i, source in enumerate(sources):
            edges.append('    <edge from-layer="{}" from-port="{}" '.format(*places[source]) +
                         f'to-layer="{number}" to-port="{i}"/>')
        if has_output:
            text += f"<output>{port(len(sources), tensor, True)}</output>"
            places[tensor] = (number, len(sources))
        layers.append(text + "</layer>")

    for tensor, dims in net.inputs.items():
        extents = ",".join("?" if extent < 0 else str(extent) for extent in dims)
        layer(tensor, "Parameter", f'<data shape="{extents}" element_type="{kind}"/>', [])
    for operation, sources, output, _ in net.operations:
        layer(output, *OPERATIONS[operation][:2], sources)
    for i, output in enumerate(net.outputs):
        layer(f"{output}/result{i}", "Result", "", [output], has_output=False)
    (OUT / f"{name}.xml").write_text(
        f'<?xml version="1.0"?>\n<net name="{name}" version="11">\n  <layers>\n' +
        "\n".join(layers) + "\n  </layers>\n  <edges>\n" + "\n".join(edges) +
        "\n  </edges>\n</net>\n")


# ---- TensorFlow

def graph_def(net):
    kind = TYPES[net.kind][2]
    nodes = b"".join(node(tensor, "Placeholder", (), attribute("dtype", integer(6, kind)) +
                          attribute("shape", message(7, shape(dims))))
                     for tensor, dims in net.inputs.items())
    for operation, sources, output, _ in net.operations:
        more = b""
        if operation == "squeeze":
            more = attribute("squeeze_dims", message(1, message(3, b"\1")))
        if operation == "multiply":
            more = attribute("adj_x", integer(5, 0)) + attribute("adj_y", integer(5, 0))
        nodes += node(output, OPERATIONS[operation][2], sources,
                      attribute("T", integer(6, kind)) + more)
    # A tensor that is an output and has another use needs a node that makes it an output.
    inner = {*net.inputs, *(source for _, sources, _, _ in net.operations for source in sources)}
    for i, output in enumerate(net.outputs):
        if output in inner or net.outputs.count(output) > 1:
            nodes += node(f"{output}_out{i}", "Identity", (output,), attribute("T", integer(6, kind)))
    return nodes + message(4, integer(1, 1087))


def saved_model(net):
    kind = TYPES[net.kind][2]

    def tensors(number, names):
        return b"".join(
            message(number, message(1, key) + message(2, message(1, f"{tensor}:0") +
                                                      integer(2, kind) +
                                                      message(3, shape(net.shapes[tensor]))))
            for key, tensor in names.items())

    keys = {output if net.outputs.count(output) == 1 and output not in net.inputs
            else f"{output}_out{i}": output for i, output in enumerate(net.outputs)}
    signature = (tensors(1, {name: name for name in net.inputs}) + tensors(2, keys) +
                 message(3, "tensorflow/serving/predict"))
    meta = (message(1, message(4, "serve")) + message(2, graph_def(net)) +
            message(5, message(1, "serving_default") + message(2, signature)))
    return integer(1, 1) + message(2, meta)


def tensorflow(name, net):
    (OUT / f"{name}.pb").write_bytes(graph_def(net))
    directory = OUT / f"{name}.saved"
    directory.mkdir(exist_ok=True)
    (directory / "saved_model.pb").write_bytes(saved_model(net))


# ---- TensorFlow Lite

def tensorflow_lite(name, net):
    kind = TYPES[net.kind][3]
    tensors, places, buffers = [], {}, [{}]

    def tensor(text, dims, number, buffer=0):
        places[text] = len(tensors)
        fields = {0: [max(extent, 1) for extent in dims], 1: number, 2: buffer, 3: text}
        if -1 in dims:
            fields[7] = dims
        tensors.append(fields)

    for text, dims in net.inputs.items():
        tensor(text, dims, kind)
    codes = list(dict.fromkeys(OPERATIONS[operation][3] for operation, _, _, _ in net.operations))
    operators = []
    for operation, sources, output, dims in net.operations:
        _, _, _, code, options = OPERATIONS[operation]
        inputs = [places[source] for source in sources]
        fields = {3: options, 4: {}} if options else {}
        if operation == "squeeze":  # By a reshape, to the shape in a constant.
            buffers.append({0: struct.pack(f"<{len(dims)}i", *dims)})
            tensor(f"{output}_shape", [len(dims)], TYPES["i32"][3], len(buffers) - 1)
            inputs.append(places[f"{output}_shape"])
            fields[4] = {0: dims}
        tensor(output, dims, kind)
        operators.append({0: codes.index(code), 1: inputs, 2: [places[output]], **fields})
    graph = {0: tensors, 1: [places[text] for text in net.inputs],
             2: [places[text] for text in net.outputs], 3: operators, 4: "main"}
    model = {0: 3, 1: [{0: code, 2: 1, 3: code} for code in codes], 2: [graph], 3: "", 4: buffers}
    (OUT / f"{name}.tflite").write_bytes(flatbuffer(model))


# ---- ONNX, as far as the slow model needs it

def onnx(name, net):
    def value(number, tensor):
        extents = b"".join(message(1, integer(1, extent)) for extent in net.shapes[tensor])
        kind = message(1, integer(1, 1) + message(2, extents))
        return message(number, message(1, tensor) + message(2, kind))

    nodes = b"".join(message(1, b"".join(message(1, source) for source in sources) +
                             message(2, output) + message(4, "MatMul"))
                     for _, sources, output, _ in net.operations)
    graph = (nodes + message(2, name) + b"".join(value(11, tensor) for tensor in net.inputs) +
             b"".join(value(12, tensor) for tensor in net.outputs))
    (OUT / f"{name}.onnx").write_bytes(integer(1, 8) + message(7, graph) + message(8, integer(2, 18)))


# ---- The models

def save(name, net, writers=(ir, tensorflow, tensorflow_lite)):
    for write in writers:
        write(name, net)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for kind in TYPES:
        save(f"same_{kind}", Net(kind, {"x": [2, 1, 3]}, [("squeeze", ["x"], "y", [2, 3])], ["y"]))
    save("scalar", Net("f32", {"x": []}, [("negate", ["x"], "y", [])], ["y"]))
    save("dynamic", Net("f32", {"x": [-1, 3]}, [("relu", ["x"], "y", [-1, 3])], ["y"]))
    save("two", Net("f32", {"left": [2, 2], "right": [2, 2]},
                    [("add", ["left", "right"], "sum", [2, 2]),
                     ("subtract", ["left", "right"], "difference", [2, 2])],
                    ["sum", "difference"]))
    for kind in ("i64", "f64"):
        save(f"double_{kind}", Net(kind, {"x": [2]}, [("add", ["x", "x"], "y", [2])], ["y"]))
    # An input that is an output too, and one tensor as two outputs.
    negated = ("negate", ["x"], "y", [4])
    save("passed", Net("f32", {"x": [4]}, [negated], ["x", "y"]))
    save("repeated", Net("f32", {"x": [4]}, [negated], ["y", "y"]))
    # x, squared again and again.
    square = [16, 256, 256]
    chain = ["x"] + [f"y{i}" for i in range(16)]
    save("slow", Net("f32", {"x": square},
                     [("multiply", [a, a], b, square) for a, b in zip(chain, chain[1:])],
                     [chain[-1]]), (ir, tensorflow, tensorflow_lite, onnx))


if __name__ == "__main__":
    main()
