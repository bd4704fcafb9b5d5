#!/usr/bin/env python3
"""Writes the models in models/ that are trained or converted from trained ones, with what they must answer.

Needs the PyPI packages scikit-learn==1.9.1, skl2onnx==1.20.0, onnx==1.23.2, onnxruntime==1.31.1, and the
unpacked package of basic-pitch that scripts/setup --tests fetches. Run it from anywhere; it writes beside itself.

- iris, iris_forest: a StandardScaler before a classifier, as skl2onnx writes them: operations of ai.onnx.ml, a label
  and the probabilities. iris_zipmap is what skl2onnx writes unless told otherwise; iris_names has labels of text.
- digits: a StandardScaler before two layers, in tensor operations alone, and quantized in two ways.
- basic_pitch_f16: basic-pitch (Spotify, Apache 2.0) with weights, input and outputs of float16.

The data are Fisher's iris and the handwritten digits of the UCI repository (CC BY 4.0), which scikit-learn brings.
inputs/ has the rows that the tests give, expected/ what scikit-learn itself answers: little-endian float32 values.
"""

import pathlib

import numpy as np
import onnx
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic,
                                      quantize_static)
from onnxruntime.transformers.float16 import convert_float_to_float16
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE / "models"
PITCH = HERE.parent.parent / "build/deps/basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx"


def save_values(folder, name, *arrays):
    """One row after the other, each with the columns of all arrays."""
    columns = [np.asarray(a, dtype="<f4").reshape(len(a), -1) for a in arrays]
    path = HERE / folder / f"{name}.f32"
    path.parent.mkdir(exist_ok=True)
    np.hstack(columns).tofile(path)


def save_model(name, model):
    onnx.checker.check_model(model)
    # skl2onnx lists the sets of operations in any order.
    sets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(sets)
    (MODELS / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def converted(pipeline, columns, **options):
    """`options` are those of the pipeline's last step."""
    return to_onnx(pipeline, initial_types=[("features", FloatTensorType([None, columns]))],
                   options={StandardScaler: {"div": options.pop("div", "std")}, id(pipeline[-1]): options})


def iris():
    data = load_iris()
    rows = data.data.astype(np.float32)
    save_values("inputs", "iris", rows)
    for name, classifier in {
            "iris": LogisticRegression(max_iter=1000),
            # With this seed no scaled value lies between a threshold and the float32 nearest to it.
            "iris_forest": RandomForestClassifier(n_estimators=10, max_depth=4, random_state=1)}.items():
        pipeline = make_pipeline(StandardScaler(), classifier).fit(rows, data.target)
        save_model(name, converted(pipeline, 4, zipmap=False))
        save_values("expected", name, pipeline.predict(rows), pipeline.predict_proba(rows))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(rows, data.target)
    save_model("iris_zipmap", converted(pipeline, 4))
    pipeline.fit(rows, data.target_names[data.target])
    save_model("iris_names", converted(pipeline, 4, zipmap=False))


class Rows(CalibrationDataReader):
    def __init__(self, rows):
        self.batches = iter([{"features": rows}])

    def get_next(self):
        return next(self.batches, None)


def digits():
    data = load_digits()
    rows, digit = data.data.astype(np.float32), data.target
    learned, tested = slice(0, 1400), slice(1400, 1464)
    # A penalty of this size keeps the weights within what 8 bits distinguish.
    network = MLPClassifier((32,), alpha=1, random_state=0, max_iter=500)
    pipeline = make_pipeline(StandardScaler(), network).fit(rows[learned], digit[learned])
    print("digits: right for", pipeline.score(rows[tested], digit[tested]))
    save_values("inputs", "digits", rows[tested])
    save_values("expected", "digits", pipeline.predict_proba(rows[tested]))

    whole = MODELS / "digits.onnx"
    save_model("digits", converted(pipeline, 64, zipmap=False, div="div"))
    # Without the label, which takes an operation of ai.onnx.ml.
    onnx.utils.extract_model(str(whole), str(whole), ["features"], ["probabilities"])
    model = onnx.load(whole)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", 18))
    save_model("digits", model)
    # Weights of 7 bits: with 8, the sums of two products overflow on processors without VNNI.
    options = {"weight_type": QuantType.QInt8, "reduce_range": True, "op_types_to_quantize": ["MatMul"]}
    quantize_dynamic(whole, MODELS / "digits_dynamic_i8.onnx", **options)
    quantize_static(whole, MODELS / "digits_static_i8.onnx", Rows(rows[learned]),
                    quant_format=QuantFormat.QOperator, **options)


def basic_pitch():
    save_model("basic_pitch_f16", convert_float_to_float16(onnx.load(PITCH), keep_io_types=False))


if __name__ == "__main__":
    iris()
    digits()
    basic_pitch()
