#!/usr/bin/env python3
"""Writes the models in hostile/, whose inputs decide what is read, written, shaped and repeated.

Needs the PyPI packages onnx==1.23.2 and numpy. Run it from anywhere; it writes beside itself.
tests/worker/values_test.cc feeds them hostile values.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent / "hostile"
F32, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
DATA = numpy_helper.from_array(np.arange(24, dtype="<f4").reshape(4, 6), "data")


def constant(name, values):
    return numpy_helper.from_array(np.array(values), name)


def save(name, nodes, shape, rank, kind=F32, constants=()):
    """A model with the one input "hostile" of 64-bit integers."""
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("hostile", I64, shape)],
        [helper.make_tensor_value_info("y", kind, [f"d{i}" for i in range(rank)])],
        [DATA, *constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="")
    model.ir_version = 8
    onnx.checker.check_model(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def node(op, inputs, outputs=("y",), **attributes):
    return helper.make_node(op, inputs, list(outputs), **attributes)


def indices():
    ones = constant("ones", np.ones((2, 6), "<f4"))
    save("gather", [node("Gather", ["data", "hostile"], axis=0)], [2], 2)
    save("gather_nd", [node("GatherND", ["data", "hostile"])], [1, 2], 1)
    save("gather_elements", [node("GatherElements", ["data", "hostile"], axis=0)], [2, 6], 2)
    save("scatter_nd", [node("ScatterND", ["data", "hostile", "ones"])], [2, 1], 2,
         constants=[ones])
    save("scatter_elements", [node("ScatterElements", ["data", "hostile", "ones"], axis=0)],
         [2, 6], 2, constants=[ones])
    save("one_hot_indices", [node("OneHot", ["hostile", "depth", "values"])], [2], 2,
         constants=[constant("depth", np.int64(4)), constant("values", np.array([0, 1], "<f4"))])
    save("embedding_sum", [node("Gather", ["data", "hostile"], ["g"], axis=0),
                           node("ReduceSum", ["g", "axes"], keepdims=0)], [2], 1,
         constants=[constant("axes", np.array([0], "<i8"))])


def shapes():
    def scalar(name):
        return node("Squeeze", ["hostile"], [name])

    one, zero = constant("one", np.int64(1)), constant("zero", np.int64(0))
    save("reshape", [node("Reshape", ["data", "hostile"])], [2], 2)
    save("expand", [node("Expand", ["data", "hostile"])], [2], 2)
    save("tile", [node("Tile", ["data", "hostile"])], [2], 2)
    save("constant_of_shape", [node("ConstantOfShape", ["hostile"])], [2], 2)
    save("range_limit", [scalar("s"), node("Range", ["zero", "s", "one"])], [1], 1, I64,
         [one, zero])
    save("range_step", [scalar("s"), node("Range", ["zero", "one", "s"])], [1], 1, I64,
         [one, zero])
    save("pad", [node("Pad", ["data", "hostile"])], [4], 2)
    save("one_hot_depth", [scalar("s"), node("OneHot", ["zeros", "s", "values"])], [1], 2,
         constants=[constant("zeros", np.array([0], "<i8")),
                    constant("values", np.array([0, 1], "<f4"))])
    save("resize", [node("Reshape", ["data", "four"], ["image"]),
                    node("Resize", ["image", "", "", "hostile"], mode="nearest")], [4], 4,
         constants=[constant("four", np.array([1, 1, 4, 6], "<i8"))])
    save("split", [node("Split", ["data", "hostile"], ["y", "z"], axis=0)], [2], 2)


def ranges():
    begin, axes = constant("begin", np.array([0, 0], "<i8")), constant("axes", np.array([0, 1], "<i8"))
    end, steps = constant("end", np.array([4, 6], "<i8")), constant("steps", np.array([1, 1], "<i8"))
    save("slice_begin", [node("Slice", ["data", "hostile", "end", "axes", "steps"])], [2], 2,
         constants=[end, axes, steps])
    save("slice_end", [node("Slice", ["data", "begin", "hostile", "axes", "steps"])], [2], 2,
         constants=[begin, axes, steps])
    save("slice_step", [node("Slice", ["data", "begin", "end", "axes", "hostile"])], [2], 2,
         constants=[begin, end, axes])
    save("slice_axes", [node("Slice", ["data", "begin", "end", "hostile", "steps"])], [2], 2,
         constants=[begin, end, steps])
    save("top_k", [node("TopK", ["data", "hostile"], ["y", "i"], axis=1)], [1], 2)
    save("cum_sum", [node("Squeeze", ["hostile"], ["s"]), node("CumSum", ["data", "s"])], [1], 2)
    save("reduce", [node("ReduceSum", ["data", "hostile"], keepdims=1)], [1], 2)
    save("reverse", [node("ReverseSequence", ["data", "hostile"], batch_axis=0, time_axis=1)],
         [4], 2)
    save("non_max", [node("Squeeze", ["hostile"], ["s"]),
                     node("NonMaxSuppression", ["boxes", "scores", "s"])], [1], 2, I64,
         [constant("boxes", np.array([[[0, 0, 1, 1], [0, 0, 2, 2]]], "<f4")),
          constant("scores", np.array([[[0.5, 0.75]]], "<f4"))])


def repetitions():
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Add", ["carried", "carried"], ["next"])], "body",
        [helper.make_tensor_value_info("i", I64, []), helper.make_tensor_value_info("go", BOOL, []),
         helper.make_tensor_value_info("carried", F32, [4, 6])],
        [helper.make_tensor_value_info("on", BOOL, []),
         helper.make_tensor_value_info("next", F32, [4, 6])])
    save("loop", [node("Squeeze", ["hostile"], ["s"]),
                  node("Loop", ["s", "true", "data"], body=body)], [1], 2,
         constants=[constant("true", np.array(True))])


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    indices()
    shapes()
    ranges()
    repetitions()
