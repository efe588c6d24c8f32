"""A long-lived process: 500 mixed fits and 1,000,000 predictions.

Fit dense, convolutional and reduced networks of ever-changing structure on scikit-learn's digits,
let some fits fail, and predict single images. Report the memory, threads, open files and memory
mappings of the process along the way, and assert that they stay bounded.

    python benchmarks/bench_soak.py
"""

import argparse

import numpy as np
import psutil
from common import table, write_json
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier

COLUMNS = ("fits", "predictions", "megabytes", "threads", "open_files", "mappings", "accuracy")


def mixed_classifier(number):
    """Return a classifier, usually of a new structure; every fourth one has 8 units."""
    units = 8 + number // 2 if number % 4 else 8
    common = {"epochs": 2, "batch_size": 32, "random_state": number}
    kind = number % 5
    if kind == 4:
        return ConvDigitClassifier((4 + number % 20,), hidden_layer_sizes=(units,), **common)
    network = DenseDigitClassifier(units, optimizer=["adam", "sgd"][number % 2], **common)
    return ReducedDigitClassifier(PCA(20), network) if kind == 3 else network


def resources():
    """Return the memory and other resources of this process."""
    process = psutil.Process()
    return {
        "megabytes": round(process.memory_info().rss / 1e6),
        "threads": process.num_threads(),
        "open_files": process.num_fds(),
        "mappings": len(process.memory_maps(grouped=False)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fits", type=int, default=500)
    parser.add_argument("--predictions", type=int, default=1_000_000)
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    rows = []
    n_failed = n_predictions = 0
    for number in range(1, options.fits + 1):
        classifier = mixed_classifier(number).fit(X[::2], y[::2])
        if number % 10 == 0:
            try:
                DenseDigitClassifier(8, learning_rate=1e30, random_state=0).fit(X, y)
            except ValueError:
                n_failed += 1
        images = np.arange(options.predictions // options.fits) % len(X)
        predicted = [classifier.predict(X[image : image + 1])[0] for image in images]
        n_predictions += len(images)
        if number % max(1, options.fits // 10) == 0:
            accuracy = np.mean(predicted == y[images])
            rows.append(
                {"fits": number, "predictions": n_predictions}
                | resources()
                | {"accuracy": round(float(accuracy), 3)}
            )
            table(rows[-1:], COLUMNS)
    assert n_failed == options.fits // 10
    settled, last = rows[len(rows) // 2], rows[-1]  # all sizes of buffers have occurred by then
    assert last["megabytes"] < 1.1 * settled["megabytes"]
    assert last["mappings"] < 1.1 * settled["mappings"]
    assert last["threads"] == settled["threads"]
    assert last["open_files"] == settled["open_files"]
    write_json("soak", {"rows": rows, "failed_fits": n_failed})


if __name__ == "__main__":
    main()
