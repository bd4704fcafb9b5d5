"""Says of each file what type it has by its content, using the Magika classifier.

    filetype MODEL CONFIG TYPES FILE…

MODEL is the host's name for Magika's network. CONFIG and TYPES are the JSON files config.min.json
and content_types_kb.min.json that come with it. Prints a line per file, `path: label`. Names a file
that can't be read on standard error, and then exits with code 1.
"""

import os
import stat
import sys

import magika
from network import Network, NetworkError
from wit_world import exports


def complain(message):
    print(f"filetype: {message}", file=sys.stderr)


def fail(message):
    complain(message)
    sys.exit(1)


def ask(network, config, features):
    """Returns the network's score for each label."""
    scores = network.ask(features)
    if len(scores) != len(config.labels):
        fail(f"the model has {len(scores)} labels, but its config has {len(config.labels)}")
    return scores


def identify(path, config, network):
    """Returns a file's label. Raises OSError if the file can't be read."""
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
    return magika.label_of_scores(config, ask(network, config, features))


def read_config(config_path, types_path):
    try:
        with open(config_path, encoding="utf-8") as config, open(types_path, encoding="utf-8") as types:
            return magika.Config(config.read(), types.read())
    except OSError as error:
        fail(f"can't read {error.filename}: {error.strerror}")
    except magika.ConfigError as error:
        fail(error)


def identify_all(_, model, config_path, types_path, *files):
    """Returns False if a file can't be read."""
    config = read_config(config_path, types_path)
    network = Network(model)
    all_read = True
    for path in files:
        try:
            print(f"{path}: {identify(path, config, network)}")
        except OSError as error:
            complain(f"can't read {path}: {error.strerror}")
            all_read = False
    return all_read


class Run(exports.Run):
    def run(self):
        if len(sys.argv) < 5:
            fail("usage: filetype MODEL CONFIG TYPES FILE…")
        try:
            all_read = identify_all(*sys.argv)
        except NetworkError as error:
            fail(error)
        if not all_read:
            sys.exit(1)
