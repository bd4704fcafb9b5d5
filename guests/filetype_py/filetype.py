"""Says of each file what type it has, by its content: the Magika classifier.

    filetype MODEL CONFIG TYPES FILE…

MODEL is the name under which the host has Magika's network. CONFIG and TYPES are the JSON files
config.min.json and content_types_kb.min.json that come with it. Prints a line per file, `path:
label`. A file that can't be read is named on standard error, and makes the exit code 1.
"""

import array
import os
import stat
import sys

import magika
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import graph
from wit_world.imports.errors import ErrorCode
from wit_world.imports.tensor import Tensor, TensorType


def complain(message):
    print(f"filetype: {message}", file=sys.stderr)


def fail(message):
    complain(message)
    sys.exit(1)


def open_model(name):
    """An execution context of the host's model of that name."""
    try:
        return graph.load_by_name(name).init_execution_context()
    except Err as error:
        if error.value.code() == ErrorCode.NOT_FOUND:
            fail(
                f'the host has no model named "{name}". Give it one: '
                f"namesake run --nn-preload {name}:onnx:FILE …"
            )
        fail(f'can\'t load the model "{name}": {error.value.data()}')


def ask(context, config, features):
    """The model's score for each label."""
    data = array.array("i", features).tobytes()
    tensor = Tensor([1, len(features)], TensorType.I32, data)
    try:
        # The model has one input and one output: "0" is the input, whatever the model calls it.
        [(_, output)] = context.compute([("0", tensor)])
    except Err as error:
        fail(f"asking the model failed: {error.value.data()}")
    scores = array.array("f", output.data())
    if len(scores) != len(config.labels):
        fail(f"the model has {len(scores)} labels, and its config {len(config.labels)}")
    return scores


def identify(path, config, context):
    """The label of a file. Raises OSError for one that can't be read."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return "directory"
    if status.st_size == 0:
        return "empty"
    block = min(config.block_size, status.st_size)
    with open(path, "rb") as file:
        begin = file.read(block)
        file.seek(status.st_size - block)
        end = file.read(block)
    features = magika.features(config, begin, end)
    if not magika.enough_to_ask(config, features):
        return magika.label_of_few_bytes(begin)
    return magika.label_of_scores(config, ask(context, config, features))


def read_config(config_path, types_path):
    try:
        with open(config_path, encoding="utf-8") as config, open(types_path, encoding="utf-8") as types:
            return magika.Config(config.read(), types.read())
    except OSError as error:
        fail(f"can't read {error.filename}: {error.strerror}")
    except magika.ConfigError as error:
        fail(error)


class Run(exports.Run):
    def run(self):
        if len(sys.argv) < 5:
            fail("usage: filetype MODEL CONFIG TYPES FILE…")
        _, model, config_path, types_path, *files = sys.argv
        config = read_config(config_path, types_path)
        context = open_model(model)
        all_read = True
        for path in files:
            try:
                print(f"{path}: {identify(path, config, context)}")
            except OSError as error:
                complain(f"can't read {path}: {error.strerror}")
                all_read = False
        if not all_read:
            sys.exit(1)
