#!/usr/bin/env python3
"""Writes what the models' outputs must be, computed by ONNX Runtime, into expected/.

Needs the PyPI packages onnxruntime==1.31.1 and numpy, the unpacked model packages that scripts/setup
fetches (build/deps) and examples/models. Each file holds little-endian float32 values in a row.

The inputs are made by a linear congruential generator, which the tests repeat exactly.
"""

import pathlib

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPS = ROOT / "build" / "deps"
OUT = pathlib.Path(__file__).resolve().parent / "expected"
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


def basic_pitch():
    model = session(DEPS / "basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx")
    sound = Numbers(3).floats(1, 43844, 1)
    outputs = dict(zip((o.name for o in model.get_outputs()),
                       model.run(None, {model.get_inputs()[0].name: sound})))
    for index, name in enumerate(("contour", "note", "onset")):
        output = outputs[f"StatefulPartitionedCall:{index}"]
        save(f"basic_pitch_{name}", output.ravel()[::STRIDE])


def efficientnet():
    model = session(ROOT / "examples/models/efficientnet-lite0.onnx")
    save("efficientnet", model.run(None, {"input": Numbers(4).floats(2, 3, 224, 224)})[0])


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    magika()
    silero_vad()
    basic_pitch()
    efficientnet()
