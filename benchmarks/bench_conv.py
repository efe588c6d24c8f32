"""Convolutional networks compared with Keras, scikeras, PyTorch and skorch.

All libraries train the same networks with the same updates (Adam), batches and data (5,000 images
as float32 in [0, 1]). Each run has its own process, the libraries alternate, and the medians over
the repetitions are compared. Importing a library does not count; the first epoch, which includes
compiling, is reported separately. Then skdigits, Keras and PyTorch predict one image and 10,000
images in one process.

    python benchmarks/bench_conv.py [--repetitions 3] [--precision mixed_bfloat16]

With mixed_bfloat16, skorch is left out, and all other libraries train in mixed precision, which is
slow on processors without bfloat16 arithmetic.
"""

import argparse
import json
import sys
import time
from statistics import median

import numpy as np
from bench_fit import epoch_timer, scikeras_classifier, skorch_classifier
from bench_predict import in_turns
from common import in_new_process, mnist_unit, table, write_json

BATCH = 128
EPOCHS = 3
N_IMAGES = 5_000
NETWORKS = {
    # A common example: two convolutions with pooling, dropout before the softmax.
    "conv32-pool-conv64-pool": {
        "filters": (32, 64),
        "kernel_size": 3,
        "pool_size": 2,
        "hidden": (),
        "dropout": 0.5,
    },
    # Task 4 of study "cnn".
    "conv32-conv32 5x5": {
        "filters": (32, 32),
        "kernel_size": 5,
        "pool_size": None,
        "hidden": (),
        "dropout": 0.0,
    },
    "default": {
        "filters": (16, 32, 64),
        "kernel_size": 3,
        "pool_size": 2,
        "hidden": (128,),
        "dropout": 0.0,
        "padding": "same",
        "batch_normalization": True,
    },
}


def skdigits_classifier(network, precision):
    from skdigits import ConvDigitClassifier

    return ConvDigitClassifier(
        network["filters"],
        kernel_size=network["kernel_size"],
        pool_size=network["pool_size"],
        padding=network.get("padding", "valid"),
        batch_normalization=network.get("batch_normalization", False),
        hidden_layer_sizes=network["hidden"],
        dropout=network["dropout"],
        augmentation=None,
        label_smoothing=0.0,
        precision=precision,
        batch_size=BATCH,
        epochs=EPOCHS,
        learning_rate=0.001,
        learning_rate_schedule="constant",
        standardize=False,
        random_state=0,
    )


def run_skdigits(network, precision, X, y):
    import tensorflow  # noqa: F401 (imported beforehand, like the other libraries)

    classifier = skdigits_classifier(network, precision).fit(X, y)
    return classifier.epoch_times_, classifier.predict


def keras_network(network):
    """Build the network with the activation in the convolution, as in Keras' examples.

    A network with batch normalization has the layers in the order of ConvDigitClassifier.
    """
    import keras

    padding = network.get("padding", "valid")
    normalizes = network.get("batch_normalization", False)
    layers = [keras.Input((784,)), keras.layers.Reshape((28, 28, 1))]
    for filters in network["filters"]:
        layers.append(
            keras.layers.Conv2D(
                filters,
                network["kernel_size"],
                padding=padding,
                activation=None if normalizes else "relu",
                use_bias=not normalizes,
            )
        )
        if network["pool_size"]:
            layers.append(keras.layers.MaxPooling2D(network["pool_size"], padding=padding))
        if normalizes:
            layers += [
                keras.layers.BatchNormalization(momentum=0.9),
                keras.layers.Activation("relu"),
            ]
    layers += [keras.layers.Flatten(), keras.layers.Dropout(network["dropout"])]
    for units in network["hidden"]:
        layers += [
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(network["dropout"]),
        ]
    layers.append(keras.layers.Dense(10, activation="softmax", dtype="float32"))
    return keras.Sequential(layers)


def run_keras(network, precision, X, y):
    import keras

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(precision)
    timer = epoch_timer()
    model = keras_network(network)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[timer])
    return timer.seconds, lambda X: model.predict(X, verbose=0).argmax(axis=1)


def run_scikeras(network, precision, X, y):
    import keras

    keras.config.set_dtype_policy(precision)
    timer = epoch_timer()
    classifier = scikeras_classifier(lambda: keras_network(network), BATCH, EPOCHS, timer)
    classifier.fit(X, y)
    return timer.seconds, classifier.predict


def torch_network(network):
    import torch

    layers, channels, side = [torch.nn.Unflatten(1, (1, 28, 28))], 1, 28
    same = network.get("padding") == "same"
    for filters in network["filters"]:
        normalizes = bool(network.get("batch_normalization"))
        layers.append(
            torch.nn.Conv2d(
                channels,
                filters,
                network["kernel_size"],
                padding="same" if same else 0,
                bias=not normalizes,
            )
        )
        channels, side = filters, side if same else side - network["kernel_size"] + 1
        if network["pool_size"]:
            layers.append(torch.nn.MaxPool2d(network["pool_size"], ceil_mode=same))
            side = -(-side // 2) if same else side // 2
        if normalizes:
            layers.append(torch.nn.BatchNorm2d(filters, eps=1e-3))
        layers.append(torch.nn.ReLU())
    layers += [torch.nn.Flatten(), torch.nn.Dropout(network["dropout"])]
    n_inputs = channels * side * side
    for units in network["hidden"]:
        layers += [
            torch.nn.Linear(n_inputs, units),
            torch.nn.ReLU(),
            torch.nn.Dropout(network["dropout"]),
        ]
        n_inputs = units
    layers.append(torch.nn.Linear(n_inputs, 10))
    return torch.nn.Sequential(*layers).to(memory_format=torch.channels_last)


def run_torch(network, precision, X, y):
    """Train with a fast plain PyTorch loop: channels last, fused Adam, data in memory."""
    import torch

    torch.manual_seed(0)
    model = torch_network(network)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    loss_of = torch.nn.CrossEntropyLoss()
    X_all, y_all = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        model.train()
        order = torch.randperm(len(X_all))
        total = torch.zeros(())
        for rows in order.split(BATCH):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision != "float32"):
                loss = loss_of(model(X_all[rows]).float(), y_all[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        seconds.append(time.perf_counter() - start)

    def predict(X):
        model.eval()
        with torch.inference_mode():
            parts = [model(part).argmax(1) for part in torch.from_numpy(X).split(BATCH)]
        return torch.cat(parts).numpy()

    return seconds, predict


def run_skorch(network, precision, X, y):
    import torch

    if precision != "float32":
        raise NotImplementedError("skorch has no mixed precision on a CPU")
    torch.manual_seed(0)
    classifier = skorch_classifier(torch_network(network), BATCH, EPOCHS).fit(X, y)
    return classifier.history[:, "dur"], classifier.predict


RUNNERS = {
    "skdigits": run_skdigits,
    "Keras": run_keras,
    "scikeras": run_scikeras,
    "PyTorch": run_torch,
    "skorch": run_skorch,
}


def run(library, name, precision):
    X, y, X_test, y_test = mnist_unit()
    seconds, predict = RUNNERS[library](NETWORKS[name], precision, X[:N_IMAGES], y[:N_IMAGES])
    accuracy = float(np.mean(predict(X_test) == y_test))
    return {"first": seconds[0], "epochs": list(seconds[1:]), "accuracy": accuracy}


def compare(name, precision, libraries, repetitions):
    """Return the rows of one network, after asserting that the accuracies are similar."""
    runs = {library: [] for library in libraries}
    for repetition in range(repetitions):
        for library in libraries:
            status = f"{name}: repetition {repetition + 1}, {library}"
            print(f"\r\x1b[K{status}", end="", file=sys.stderr, flush=True)
            runs[library].append(in_new_process(__file__, "--run", library, name, precision))
    print("\r\x1b[K", end="", file=sys.stderr)
    rows = []
    for library in libraries:
        row = {"network": name, "library": library}
        for metric in ("first", "accuracy"):
            row[metric] = median([one[metric] for one in runs[library]])
        row["epoch"] = median([seconds for one in runs[library] for seconds in one["epochs"]])
        assert not rows or abs(row["accuracy"] - rows[0]["accuracy"]) < 0.02, (row, rows)
        row["x epoch"] = row["epoch"] / rows[0]["epoch"] if rows else 1.0
        rows.append(row)
    return rows


def run_prediction(names, libraries, repetitions):
    """Measure the milliseconds per prediction of networks trained in the same way."""
    libraries = [library for library in ("skdigits", "Keras", "PyTorch") if library in libraries]
    X, y, X_test, y_test = mnist_unit()
    one, rows = X_test[:1].copy(), []
    for name in names:
        network = NETWORKS[name]
        predictors = {
            library: RUNNERS[library](network, "float32", X[:2000], y[:2000])[1]
            for library in libraries
        }
        for predict in predictors.values():
            assert np.mean(predict(X_test) == y_test) > 0.8
        single = in_turns(
            {library: lambda p=p: p(one) for library, p in predictors.items()},
            repetitions,
            {"skdigits": 50, "PyTorch": 50},
        )
        many = in_turns(
            {library: lambda p=p: p(X_test) for library, p in predictors.items()}, repetitions, {}
        )
        rows += [
            {
                "network": name,
                "library": library,
                "one image, ms": single[library] * 1e3,
                "10,000 images, ms": many[library] * 1e3,
            }
            for library in predictors
        ]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--precision", default="float32", choices=["float32", "mixed_bfloat16"])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--libraries", nargs="+", default=list(RUNNERS), choices=RUNNERS)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(*options.run)))
        return
    suffix = "" if options.precision == "float32" else "-bfloat16"
    libraries = [
        library
        for library in options.libraries
        if options.precision == "float32" or library != "skorch"
    ]
    results = {"fit": [], "prediction": []}
    for name in options.networks:
        results["fit"] += compare(name, options.precision, libraries, options.repetitions)
        show(results["fit"][-len(libraries) :])
        write_json(f"conv{suffix}", results)
    print(f"seconds; test accuracy after {EPOCHS} epochs of {N_IMAGES:,} images\n")
    results["prediction"] = run_prediction(options.networks, libraries, 2 * options.repetitions + 1)
    show(results["prediction"])
    write_json(f"conv{suffix}", results)


def show(rows):
    shown = [
        {key: f"{value:.3f}" if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]
    table(shown, list(shown[0]))


if __name__ == "__main__":
    main()
