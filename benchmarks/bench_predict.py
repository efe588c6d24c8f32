"""Prediction time compared with MLPClassifier, Keras, scikeras and skorch; loading and importing.

Predict one image and 10,000 images (float32, C-contiguous) with 784-128-10 networks, with the
public `predict` methods, in one process, alternating between the libraries. Then measure whole
processes that load a saved model and predict, and processes that only import.

    python benchmarks/bench_predict.py [--repetitions 9]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import joblib
import numpy as np
from common import mnist_unit, table, write_json

LOAD = """
import sys, joblib, numpy as np
model, image = joblib.load(sys.argv[1]), np.load(sys.argv[2])
model.predict(image)
assert "tensorflow" not in sys.modules
"""
# Peak memory of this process, as Linux reports it; wait4 may report the peak of the parent.
PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
IMPORTS = {
    "import skdigits": "import skdigits",
    "import sklearn": "import sklearn.pipeline, sklearn.model_selection",
}


def fitted_models(X, y):
    """Train the same network with each library for three epochs."""
    import torch
    from scikeras.wrappers import KerasClassifier
    from sklearn.neural_network import MLPClassifier
    from skorch import NeuralNetClassifier

    from skdigits import DenseDigitClassifier
    from skdigits.networks import dense_network

    ours = DenseDigitClassifier(128, dropout=0.0, epochs=3, random_state=0)
    torch_network = torch.nn.Sequential(
        torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
    )
    return {
        "skdigits": ours.fit(X, y),
        "MLPClassifier": MLPClassifier(128, max_iter=3, random_state=0).fit(X, y),
        "skorch": NeuralNetClassifier(
            torch_network,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=0.001,
            max_epochs=3,
            train_split=None,
            verbose=0,
        ).fit(X, y),
        "scikeras": KerasClassifier(
            lambda: dense_network(784, 10, hidden_layer_sizes=(128,)),
            loss="sparse_categorical_crossentropy",
            optimizer="adam",
            batch_size=128,
            epochs=3,
            verbose=0,
        ).fit(X, y),
    }


def peak_and_seconds(code, *arguments):
    """Run code in a new Python process; return its peak memory in bytes and its seconds."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code + PEAK, *map(str, arguments)]
    kilobytes = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(kilobytes) * 1024, time.perf_counter() - start


def in_turns(functions, repetitions, n_calls):
    """Measure the median seconds per call of each function, alternating between them."""
    times = {name: [] for name in functions}
    for _ in range(repetitions):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(n_calls.get(name, 1)):
                function()
            times[name].append((time.perf_counter() - start) / n_calls.get(name, 1))
    return {name: median(seconds) for name, seconds in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=9)
    repetitions = parser.parse_args().repetitions
    X, y, X_test, y_test = mnist_unit()
    models = fitted_models(X, y)
    keras_model = models["skdigits"].to_keras()
    predictors = {name: model.predict for name, model in models.items()}
    predictors["Keras"] = lambda X: keras_model.predict(X, verbose=0).argmax(axis=1)
    accuracy = {
        name: float(np.mean(predict(X_test) == y_test)) for name, predict in predictors.items()
    }
    assert min(accuracy.values()) > 0.95, accuracy

    image = X_test[:1].copy()
    one = in_turns(
        {name: lambda predict=predict: predict(image) for name, predict in predictors.items()},
        repetitions,
        {"skdigits": 200, "MLPClassifier": 200, "skorch": 50},
    )
    many = in_turns(
        {name: lambda predict=predict: predict(X_test) for name, predict in predictors.items()},
        repetitions,
        {"skdigits": 3, "MLPClassifier": 3},
    )
    rows = [
        {
            "library": name,
            "one image, ms": f"{one[name] * 1e3:.3f}",
            "10,000 images, ms": f"{many[name] * 1e3:.1f}",
            "accuracy": f"{accuracy[name]:.4f}",
        }
        for name in predictors
    ]
    table(rows, list(rows[0]))

    processes = {}
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "image.npy"), image)
        for name in ("skdigits", "MLPClassifier"):
            joblib.dump(models[name], Path(folder, f"{name}.joblib"))
        commands = {
            f"load {name}": (LOAD, f"{folder}/{name}.joblib", f"{folder}/image.npy")
            for name in ("skdigits", "MLPClassifier")
        } | {name: (code + "\n",) for name, code in IMPORTS.items()}
        measured = {name: [] for name in commands}
        for _ in range(repetitions + 1):  # the first one warms the disk cache
            for name, command in commands.items():
                measured[name].append(peak_and_seconds(*command))
    for name, runs in measured.items():
        peaks, seconds = zip(*runs[1:], strict=True)
        processes[name] = {"seconds": median(seconds), "megabytes": median(peaks) / 1e6}
    print()
    table(
        [
            {"process": name, "s": f"{one['seconds']:.2f}", "MB": f"{one['megabytes']:.0f}"}
            for name, one in processes.items()
        ],
        ["process", "s", "MB"],
    )
    write_json(
        "predict",
        {"one_image": one, "ten_thousand": many, "accuracy": accuracy, "processes": processes},
    )


if __name__ == "__main__":
    main()
