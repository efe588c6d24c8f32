"""Probabilities and prediction times of ONNX Runtime, compared with those of skdigits.

Convert three models of MNIST to ONNX: a dense network on principal components, one on the pixels
that a forest selects, and a convolutional network. Compare the probabilities of the 10,000 test
images, and predict all of them and single ones in one process, alternating between the libraries.

    python benchmarks/bench_onnx.py [--turns 9]
"""

import argparse

import numpy as np
import onnxruntime
from bench_predict import in_turns
from common import mnist_unit, table, write_json
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.onnx import to_onnx
from skdigits.studies import environment

FOREST = RandomForestClassifier(n_jobs=-1, random_state=0)
MODELS = {
    "PCA + dense": make_pipeline(PCA(0.95), DenseDigitClassifier(epochs=2, random_state=0)),
    "forest + dense": make_pipeline(
        SelectFromModel(FOREST, threshold=-np.inf, max_features=70),
        DenseDigitClassifier(epochs=2, random_state=0),
    ),
    "convolutional": ConvDigitClassifier(epochs=1, random_state=0),
}


def onnx_predictor(model, threads):
    """Convert a model; return a function that predicts probabilities in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    content = to_onnx(model, options={"zipmap": False}).SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda X: session.run(["probabilities"], {"X": X})[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9)
    turns = parser.parse_args().turns
    X, y, X_test, y_test = mnist_unit()
    image = X_test[:1].copy()
    rows = []
    for name, model in MODELS.items():
        model.fit(X, y)
        predictors = {
            "skdigits": model.predict_proba,
            "ONNX Runtime": onnx_predictor(model, environment([])["threads"]),
        }
        ours, others = (predict(X_test) for predict in predictors.values())
        many, one = (
            in_turns(
                {
                    key: lambda predict=predict: predict(samples)
                    for key, predict in predictors.items()
                },
                turns,
                dict.fromkeys(predictors, repetitions),
            )
            for samples, repetitions in ((X_test, 1), (image, 200))
        )
        rows.append(
            {
                "model": name,
                "accuracy": model.score(X_test, y_test),
                "largest difference": float(np.abs(ours - others).max()),
                "ten_thousand": many,
                "one_image": one,
            }
        )
    table(
        [
            {
                "model": row["model"],
                "accuracy": f"{row['accuracy']:.4f}",
                "largest difference": f"{row['largest difference']:.1e}",
            }
            | {f"10,000, ms, {key}": f"{row['ten_thousand'][key] * 1e3:.1f}" for key in predictors}
            | {f"one, ms, {key}": f"{row['one_image'][key] * 1e3:.3f}" for key in predictors}
            for row in rows
        ],
        ["model", "accuracy", "largest difference"]
        + [f"{what}, ms, {key}" for what in ("10,000", "one") for key in predictors],
    )
    write_json("onnx", {"rows": rows})


if __name__ == "__main__":
    main()
