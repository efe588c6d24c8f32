"""Probabilities and prediction times of ONNX Runtime, compared with those of skdigits.

Convert three models trained on MNIST to ONNX: a dense network on principal components, one on the
pixels that a forest selects, and a convolutional network. Compare the probabilities of the 10,000
test images, and predict all of them and single ones in one process, alternating between the
libraries.

    python benchmarks/bench_onnx.py [--repetitions 9]
"""

import argparse

import numpy as np
import onnxruntime
from bench_predict import in_turns
from common import table, write_json
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.datasets import fetch_mnist
from skdigits.onnx import to_onnx
from skdigits.studies import environment

FOREST = RandomForestClassifier(random_state=0)
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


def times(predictors, X, repetitions, n_calls):
    """Measure the median milliseconds per call of each predictor."""
    functions = {name: lambda predict=predict: predict(X) for name, predict in predictors.items()}
    seconds = in_turns(functions, repetitions, dict.fromkeys(functions, n_calls))
    return {name: 1000 * one for name, one in seconds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=9)
    repetitions = parser.parse_args().repetitions
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    X, X_test = X.astype(np.float32), X_test.astype(np.float32)
    threads = environment([])["threads"]
    rows = []
    for name, model in MODELS.items():
        model.fit(X, y)
        predictors = {
            "skdigits": model.predict_proba,
            "ONNX Runtime": onnx_predictor(model, threads),
        }
        probabilities = [predict(X_test) for predict in predictors.values()]
        rows.append(
            {
                "model": name,
                "accuracy": model.score(X_test, y_test),
                "largest difference": float(np.abs(np.subtract(*probabilities)).max()),
                "10,000 images, ms": times(predictors, X_test, repetitions, 1),
                "one image, ms": times(predictors, X_test[:1], repetitions, 200),
            }
        )
    shown = [
        {
            "model": row["model"],
            "accuracy": row["accuracy"],
            "largest difference": f"{row['largest difference']:.1e}",
            "library": library,
            "10,000 images, ms": f"{row['10,000 images, ms'][library]:.1f}",
            "one image, ms": f"{row['one image, ms'][library]:.3f}",
        }
        for row in rows
        for library in predictors
    ]
    table(shown, list(shown[0]))
    write_json("onnx", {"rows": rows})


if __name__ == "__main__":
    main()
