"""Fit time compared with Keras, scikeras, skorch, MLPClassifier and the machine's limit.

All libraries train the same networks with the same updates, batches and data (55,000 images as
float32 in [0, 1]). Each run has its own process, the libraries alternate, and the medians over the
repetitions are compared. Importing a library does not count; building and compiling a network does.

    python benchmarks/bench_fit.py [--repetitions 3]
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import joblib
import numpy as np
from common import in_new_process, mnist_unit, table, write_json

NETWORKS = {
    "784-700 sigmoid": {"sizes": [700], "activation": "sigmoid", "dropout": 0.0, "batch": 32},
    "784-128-128 relu": {"sizes": [128, 128], "activation": "relu", "dropout": 0.2, "batch": 128},
    "784-32 sigmoid": {"sizes": [32], "activation": "sigmoid", "dropout": 0.0, "batch": 128},
}
EPOCHS = 10
PEER_EPOCHS = 3  # of libraries that are compared only by their time per epoch


def skdigits_classifier(network, **parameters):
    from skdigits import DenseDigitClassifier

    return DenseDigitClassifier(
        network["sizes"],
        activation=network["activation"],
        dropout=network["dropout"],
        label_smoothing=0.0,
        batch_size=network["batch"],
        epochs=EPOCHS,
        learning_rate_schedule="constant",
        standardize=False,
        random_state=0,
    ).set_params(**parameters)


def run_skdigits(network, X, y, X_test, y_test):
    import tensorflow  # noqa: F401 (imported beforehand, like the other libraries)

    first = skdigits_classifier(network).fit(X, y)
    later = skdigits_classifier(network, random_state=1).fit(X, y)
    short = skdigits_classifier(network, epochs=PEER_EPOCHS).fit(X, y)
    small = skdigits_classifier(network, epochs=2).fit(X[:1000], y[:1000])
    return {
        "epochs": first.epoch_times_[1:] + later.epoch_times_,
        "first_fit": first.fit_time_,
        "later_fit": later.fit_time_,
        "small_fit": small.fit_time_,
        "accuracy": first.score(X_test, y_test),
        "short_accuracy": short.score(X_test, y_test),
    }


def keras_network(network):
    import keras

    layers = [keras.Input((784,))]
    for units in network["sizes"]:
        layers.append(keras.layers.Dense(units, activation=network["activation"]))
        if network["dropout"]:
            layers.append(keras.layers.Dropout(network["dropout"]))
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


def epoch_timer():
    import keras

    class EpochTimer(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seconds = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds.append(time.perf_counter() - self.start)

    return EpochTimer()


def run_keras(network, X, y, X_test, y_test):
    import keras

    keras.utils.set_random_seed(0)
    timer = epoch_timer()
    start = time.perf_counter()
    model = keras_network(network)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=network["batch"], epochs=EPOCHS, verbose=0, callbacks=[timer])
    seconds = time.perf_counter() - start
    predicted = model.predict(X_test, verbose=0).argmax(axis=1)
    return {
        "epochs": timer.seconds[1:],
        "first_fit": seconds,
        "accuracy": float(np.mean(predicted == y_test)),
    }


def scikeras_classifier(build, batch_size, epochs, timer):
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        build,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        metrics=["accuracy"],
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        random_state=0,
        fit__callbacks=[timer],
    )


def run_scikeras(network, X, y, X_test, y_test):
    timer = epoch_timer()
    classifier = scikeras_classifier(
        lambda: keras_network(network), network["batch"], EPOCHS, timer
    )
    start = time.perf_counter()
    classifier.fit(X, y)
    seconds = time.perf_counter() - start
    return {
        "epochs": timer.seconds[1:],
        "first_fit": seconds,
        "accuracy": float(np.mean(classifier.predict(X_test) == y_test)),
    }


def skorch_classifier(network, batch_size, epochs):
    import torch
    from skorch import NeuralNetClassifier

    return NeuralNetClassifier(
        network,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=0.001,
        batch_size=batch_size,
        max_epochs=epochs,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )


def run_skorch(network, X, y, X_test, y_test):
    import torch

    torch.manual_seed(0)
    activation = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}[network["activation"]]
    layers, n_inputs = [], 784
    for units in network["sizes"]:
        layers += [torch.nn.Linear(n_inputs, units), activation()]
        if network["dropout"]:
            layers.append(torch.nn.Dropout(network["dropout"]))
        n_inputs = units
    torch_network = torch.nn.Sequential(*layers, torch.nn.Linear(n_inputs, 10))
    classifier = skorch_classifier(torch_network, network["batch"], PEER_EPOCHS).fit(X, y)
    return {
        "epochs": classifier.history[1:, "dur"],
        "short_accuracy": float(np.mean(classifier.predict(X_test) == y_test)),
    }


def run_mlp_classifier(network, X, y, X_test, y_test):
    from sklearn.neural_network import MLPClassifier

    classifier = MLPClassifier(
        network["sizes"],
        activation={"sigmoid": "logistic", "relu": "relu"}[network["activation"]],
        alpha=0.0,
        batch_size=network["batch"],
        random_state=0,
    )
    seconds = []
    for _ in range(PEER_EPOCHS):
        start = time.perf_counter()
        classifier.partial_fit(X, y, classes=range(10))
        seconds.append(time.perf_counter() - start)
    return {"epochs": seconds[1:], "short_accuracy": classifier.score(X_test, y_test)}


RUNNERS = {
    "skdigits": run_skdigits,
    "Keras": run_keras,
    "scikeras": run_scikeras,
    "skorch": run_skorch,
    "MLPClassifier": run_mlp_classifier,
}


def run_wide():
    """Measure the median epoch time of a wide network with and without dropout, alternating."""
    X, y, *_ = mnist_unit()
    network = {"sizes": [1024, 1024], "activation": "relu", "batch": 256}
    seconds = {0.5: [], 0.0: []}
    for _ in range(3):
        for dropout, times in seconds.items():
            classifier = skdigits_classifier(network | {"dropout": dropout}, epochs=3)
            times += classifier.fit(X, y).epoch_times_[1:]
    return {"with_dropout": median(seconds[0.5]), "without": median(seconds[0.0])}


def seconds_of(function, repetitions=20):
    """Measure the median seconds per call."""
    function()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)


def run_limit():
    """Estimate the shortest possible epoch of the first network on this machine.

    The epoch consists of matrix products and of Adam's memory traffic. The products run at the
    speed of one large product, or at the speeds measured for their shapes. Adam reads and writes
    weights, gradients and moments at the bandwidth of all threads adding arrays of the same size.
    """
    rng = np.random.default_rng(0)
    n_inputs, units, n_classes, batch, n_samples = 784, 700, 10, 32, 55_000

    def product_seconds(rows, inner, columns):
        one = rng.random((rows, inner), np.float32)
        other = rng.random((inner, columns), np.float32)
        out = np.empty((rows, columns), np.float32)
        return seconds_of(lambda: np.matmul(one, other, out=out))

    products = [
        (batch, n_inputs, units),
        (n_inputs, batch, units),
        (batch, units, n_classes),
        (units, batch, n_classes),
        (batch, n_classes, units),
    ]
    operations = sum(2 * rows * inner * columns for rows, inner, columns in products)
    rate = 2 * 2048**3 / product_seconds(2048, 2048, 2048)

    n_threads = joblib.cpu_count()
    size = n_inputs * units
    threads = [
        [rng.random(size // n_threads, np.float32) for _ in range(3)] for _ in range(n_threads)
    ]

    def add(arrays):
        for _ in range(200):
            np.add(arrays[0], arrays[1], out=arrays[2])

    with ThreadPoolExecutor(n_threads) as pool:
        seconds = seconds_of(lambda: list(pool.map(add, threads)), 5)
    bandwidth = 200 * 3 * 4 * size / seconds
    adam = 7 * 4 * (n_inputs * units + units + units * n_classes + n_classes) / bandwidth

    steps = -(-n_samples // batch)
    return {
        "gflops": rate / 1e9,
        "gigabytes_per_second": bandwidth / 1e9,
        "seconds": steps * (operations / rate + adam),
        "seconds_own_shapes": steps * (sum(product_seconds(*shape) for shape in products) + adam),
    }


def compare(name, repetitions):
    """Return the rows of one network, after asserting that the accuracies are similar."""
    runs = {library: [] for library in RUNNERS}
    for repetition in range(repetitions):
        for library in RUNNERS:
            status = f"{name}: repetition {repetition + 1}, {library}"
            print(f"\r\x1b[K{status}", end="", file=sys.stderr, flush=True)
            runs[library].append(in_new_process(__file__, "--run", library, name))
    print("\r\x1b[K", end="", file=sys.stderr)
    ours = runs["skdigits"]
    rows = []
    for library in RUNNERS:
        key = "accuracy" if "accuracy" in runs[library][0] else "short_accuracy"
        accuracy = median([run[key] for run in runs[library]])
        expected = median([run[key] for run in ours])
        assert abs(accuracy - expected) < 0.01, (name, library, accuracy, expected)
        epoch = median([seconds for run in runs[library] for seconds in run["epochs"]])
        row = {"network": name, "library": library, "epoch": epoch, "accuracy": accuracy}
        for metric in ("first_fit", "later_fit", "small_fit"):
            if metric in runs[library][0]:
                row[metric] = median([run[metric] for run in runs[library]])
        rows.append(row)
    own = rows[0]
    for row in rows[1:]:
        row["x epoch"] = row["epoch"] / own["epoch"]
        if "first_fit" in row:
            row["x first fit"] = row["first_fit"] / own["first_fit"]
            row["x later fit"] = row["first_fit"] / own["later_fit"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        what, *network = options.run
        if network:
            print(json.dumps(RUNNERS[what](NETWORKS[network[0]], *mnist_unit())))
        else:
            print(json.dumps({"limit": run_limit, "wide": run_wide}[what]()))
        return
    rows = [row for name in NETWORKS for row in compare(name, options.repetitions)]
    limits = [in_new_process(__file__, "--run", "limit") for _ in range(options.repetitions)]
    limit = {key: median([one[key] for one in limits]) for key in limits[0]}
    wide = in_new_process(__file__, "--run", "wide")
    shown = [
        {key: f"{value:.3f}" if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]
    ratios = ["x epoch", "x first fit", "x later fit"]
    table(
        shown,
        ["network", "library", "epoch", "first_fit", "later_fit", "small_fit", "accuracy", *ratios],
    )
    share = {key: limit[key] / rows[0]["epoch"] for key in ("seconds", "seconds_own_shapes")}
    print(
        f"\nseconds; test accuracy after {EPOCHS} epochs, but after {PEER_EPOCHS} for skorch and "
        f"for MLPClassifier, which has no dropout\n"
        f"shortest possible epoch of the first network: {limit['seconds']:.2f} s "
        f"({limit['gflops']:.0f} GFLOP/s, {limit['gigabytes_per_second']:.0f} GB/s), "
        f"{share['seconds']:.0%} of the time of skdigits; at the speeds of the actual shapes "
        f"{limit['seconds_own_shapes']:.2f} s, {share['seconds_own_shapes']:.0%}\n"
        f"784-1024-1024-10, batch 256: {wide['with_dropout']:.2f} s per epoch with dropout 0.5, "
        f"{wide['without']:.2f} s without: x {wide['with_dropout'] / wide['without']:.2f}"
    )
    write_json("fit", {"rows": rows, "limit": limit, "wide": wide})


if __name__ == "__main__":
    main()
