"""The host's network, as Python has it."""

import array

from componentize_py_types import Err
from wit_world.imports import graph
from wit_world.imports.errors import ErrorCode
from wit_world.imports.tensor import Tensor, TensorType


class NetworkError(Exception):
    """Why the network gave no answer."""


class Network:
    """A model of the host with one input of 32-bit integers and one output of 32-bit floats."""

    def __init__(self, name):
        try:
            self._context = graph.load_by_name(name).init_execution_context()
        except Err as error:
            if error.value.code() == ErrorCode.NOT_FOUND:
                raise NetworkError(
                    f'the host has no model named "{name}". Give it one: '
                    f"namesake run --nn-preload {name}:onnx:FILE …"
                ) from None
            raise NetworkError(f'can\'t load the model "{name}": {error.value.data()}') from None

    def ask(self, features):
        data = array.array("i", features).tobytes()
        tensor = Tensor([1, len(features)], TensorType.I32, data)
        try:
            # "0" is the first input, whatever the model calls it.
            [(_, output)] = self._context.compute([("0", tensor)])
        except Err as error:
            raise NetworkError(f"inference failed: {error.value.data()}") from None
        return array.array("f", output.data())
