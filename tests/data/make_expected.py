#!/usr/bin/env python3
"""Writes what the models' outputs must be, computed by ONNX Runtime, into expected/.

Needs the PyPI packages onnxruntime==1.31.1 and numpy, the unpacked model packages that scripts/setup
fetches (build/deps), examples/models, and what make_real_models.py writes. Each file holds little-endian
float32 values in a row.

The inputs are made by a linear congruential generator, which the tests repeat exactly.
"""

import pathlib

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPS = ROOT / "build" / "deps"
DATA = pathlib.Path(__file__).resolve().parent
OUT = DATA / "expected"
# Keeps every STRIDE-th of basic-pitch's 75 680 outputs.
STRIDE = 16


class Numbers:
    """x(n+1) = 1664525 x(n) + 1013904223 modulo 2^32."""

    def __init__(self, seed):
        self.x = seed

    def raw(self, count):
        values = np.empty(count, dtype=np.uint32)
        for i in range(count):
            self.x = (self.x * 1664525 + 1013904223) & 0xFFFFFFFF
            values[i] = self.x
        return values

    def floats(self, *shape):
        """In [-1, 1), exact in float32."""
        raw = self.raw(int(np.prod(shape)))
        return ((raw >> 8).astype(np.float32) * np.float32(2**-23) - np.float32(1)).reshape(shape)

    def integers(self, below, *shape):
        raw = self.raw(int(np.prod(shape)))
        return ((raw >> 16) % below).astype(np.int32).reshape(shape)


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def plain_session(path):
    """Runs each operation as it stands, where `session` merges those of a quantized model."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def save(name, *arrays):
    flat = np.concatenate([np.asarray(a, dtype="<f4").ravel() for a in arrays])
    flat.tofile(OUT / f"{name}.f32")
    print(name, flat.size, float(flat.min()), float(flat.max()))


def magika():
    model = session(DEPS / "magika/magika/models/standard_v3_3/model.onnx")
    # Bytes from a file's start and end, or 256 for padding.
    data = Numbers(1).integers(257, 3, 2048)
    save("magika", model.run(None, {model.get_inputs()[0].name: data})[0])


def silero_vad():
    model = session(DEPS / "silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")
    names = [i.name for i in model.get_inputs()]
    print("silero inputs", names, [o.name for o in model.get_outputs()])
    numbers = Numbers(2)
    state = np.zeros((2, 1, 128), dtype=np.float32)
    chances = []
    for _ in range(20):
        chance, state = model.run(None, dict(zip(names, (numbers.floats(1, 576), state))))
        chances.append(chance)
    save("silero_vad", *chances, state)


def silero_vad_of_two_rates():
    """Has a branch for each rate, of which the third input chooses one. Another form of the network, which
    has no branches, answers the same at the first rate."""
    model = session(DEPS / "pipecat_ai/pipecat/audio/vad/data/silero_vad.onnx")
    numbers = Numbers(5)
    values = []
    for rate, samples in ((16000, 576), (8000, 288)):
        state = np.zeros((2, 1, 128), dtype=np.float32)
        for _ in range(10):
            chance, state = model.run(None, {"input": numbers.floats(1, samples), "state": state,
                                             "sr": np.array(rate, dtype=np.int64)})
            values.append(chance)
        values.append(state)
        if rate == 16000:
            save("silero_vad_without_branches", *values)
    save("silero_vad_of_two_rates", *values)


def smart_turn():
    """Whether a speaker has finished: after silence, and after a tone that comes and goes."""
    model = plain_session(DEPS / "pipecat_ai/pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx")
    band, step = np.arange(80)[:, None], np.arange(800)[None, :]
    tone = (band < 60) * (step >= 600) * 1.5 * (1 - band / 120)
    tone = tone * (0.5 + 0.5 * np.sin(2 * np.pi * (step - 600) / 120)) - 0.2
    save("smart_turn", *(model.run(None, {"input_features": features.astype(np.float32)[None]})[0]
                         for features in (np.zeros((80, 800)), tone)))


def basic_pitch_values(model, sound):
    outputs = dict(zip((o.name for o in model.get_outputs()),
                       model.run(None, {model.get_inputs()[0].name: sound})))
    return [outputs[f"StatefulPartitionedCall:{index}"].ravel()[::STRIDE] for index in range(3)]


def basic_pitch():
    """Contour, note and onset."""
    sound = Numbers(3).floats(1, 43844, 1)
    save("basic_pitch", *basic_pitch_values(
        session(DEPS / "basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx"), sound))
    save("basic_pitch_f16", *basic_pitch_values(
        session(DATA / "models/basic_pitch_f16.onnx"), sound.astype(np.float16)))


def digits():
    rows = np.fromfile(DATA / "inputs/digits.f32", dtype="<f4").reshape(-1, 64)
    for name in ("digits_dynamic_i8", "digits_static_i8"):
        save(name, plain_session(DATA / f"models/{name}.onnx").run(None, {"features": rows})[0])


def efficientnet():
    model = session(ROOT / "examples/models/efficientnet-lite0.onnx")
    save("efficientnet", model.run(None, {"input": Numbers(4).floats(2, 3, 224, 224)})[0])


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    magika()
    silero_vad()
    silero_vad_of_two_rates()
    smart_turn()
    basic_pitch()
    digits()
    efficientnet()
