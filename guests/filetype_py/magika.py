"""The parts of Magika, the file-type classifier, around its network: which part of a file the
network sees, and the rules that turn its scores into a label."""

import json


class ConfigError(Exception):
    """What is wrong with the JSON files that come with the network."""


class Config:
    """The two JSON files that come with the network: config.min.json and content_types_kb.min.json."""

    def __init__(self, config_json, types_json):
        config = _Reader("the network's config", config_json)
        # How many bytes of a file's start and end the network sees.
        self.beg_size = config.read("beg_size", int)
        self.end_size = config.read("end_size", int)
        # How many bytes are read from either end, to have enough after white space is removed.
        self.block_size = config.read("block_size", int)
        # With fewer bytes than this, there is nothing to ask the network.
        self.min_file_size_for_dl = config.read("min_file_size_for_dl", int)
        # Stands for a byte that the file does not have.
        self.padding_token = config.read("padding_token", int)
        # The labels of the network's outputs.
        self.labels = config.read("target_labels_space", list)
        # The score from which a label counts, and the one for labels that are not in the list.
        self.thresholds = config.read("thresholds", dict)
        self.medium_confidence_threshold = config.read("medium_confidence_threshold", float)
        # Labels that are replaced by another one.
        self.overwrite_map = config.read("overwrite_map", dict)
        if config.read("mid_size", int) or config.read("use_inputs_at_offsets", bool):
            config.fail("it needs features that this guest does not extract")

        types = _Reader("the list of content types", types_json)
        self.text_labels = {label for label in types.json if types.json[label].get("is_text")}


class _Reader:
    """Reads the members of a JSON object. `what` is its name in messages."""

    def __init__(self, what, text):
        self.what = what
        try:
            self.json = json.loads(text)
        except ValueError:
            self.json = None
        if not isinstance(self.json, dict):
            self.fail("it is not a JSON object")

    def read(self, name, kind):
        value = self.json.get(name)
        if not isinstance(value, kind):
            self.fail(f'its member "{name}" is missing or wrong')
        return value

    def fail(self, reason):
        raise ConfigError(f"{self.what}: {reason}")


def features(config, begin, end):
    """Makes the network's input from a file's two ends, at most `block_size` bytes each."""
    begin = begin.lstrip()[: config.beg_size]
    end = end.rstrip()[-config.end_size :]
    padding = [config.padding_token]
    return [
        *begin,
        *padding * (config.beg_size - len(begin)),
        *padding * (config.end_size - len(end)),
        *end,
    ]


def enough_to_ask(config, features):
    return features[config.min_file_size_for_dl - 1] != config.padding_token


def label_of_few_bytes(data):
    """Returns the label of a file that is too short to ask the network."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "unknown"
    return "txt"


def label_of_scores(config, scores):
    """Picks the label by the network's scores, one for each entry of `labels`."""
    best = max(scores)
    predicted = config.labels[scores.index(best)]
    label = config.overwrite_map.get(predicted, predicted)
    if best >= config.thresholds.get(predicted, config.medium_confidence_threshold):
        return label
    return "txt" if label in config.text_labels else "unknown"
