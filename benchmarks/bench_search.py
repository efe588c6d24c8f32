"""The neuron sweep of study neuron-sweep beside scikeras, and with two jobs.

GridSearchCV with 3 folds of the 55,000 training images, RMSprop, batches of 32, at most 30 epochs,
early stopping with patience 2 on the 5,000 validation images, pixels / 255. skdigits runs the 16
candidates with `n_jobs` 1 and 2 and with each backend, each in a process of its own; scikeras,
which takes long, only some of them, in the same run: the same candidates are compared.

    python benchmarks/bench_search.py [--units 100 700]
"""

import argparse
import json
import sys
import time

import numpy as np
from common import in_new_process, table, write_json

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist
from skdigits.studies import STUDIES, Search

SWEEP = next(one for one in STUDIES["neuron-sweep"].experiments if isinstance(one, Search))
WAYS = (("sequential", 1), ("loky", 2), ("threading", 2), ("dask", 2))


def data():
    X, y = fetch_mnist(return_X_y=True)
    X = X / np.float32(255)
    return X[5_000:], y[5_000:], X[:5_000], y[:5_000]


def skdigits_search(units, backend, n_jobs):
    import joblib
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV

    X, y, X_val, y_val = data()
    estimator = clone(SWEEP.estimator).set_params(random_state=0)
    assert isinstance(estimator, DenseDigitClassifier)
    search = GridSearchCV(estimator, {"hidden_layer_sizes": [(n,) for n in units]}, cv=3)
    options = {"scatter": [X, y]} if backend == "dask" else {}
    if backend == "dask":
        from distributed import Client, LocalCluster

        Client(LocalCluster(n_workers=n_jobs, threads_per_worker=1, dashboard_address=None))
    with joblib.parallel_config(backend=backend, n_jobs=n_jobs, **options):
        start = time.perf_counter()
        search.fit(X, y, X_val=X_val, y_val=y_val)
        seconds = time.perf_counter() - start
    return seconds, search.cv_results_["mean_test_score"].tolist()


def scikeras_search(units, *_):
    import keras
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV

    from skdigits.networks import dense_network

    X, y, X_val, y_val = data()
    stop = keras.callbacks.EarlyStopping(patience=2)
    classifier = KerasClassifier(
        dense_network,
        model__n_features=784,
        model__n_classes=10,
        model__hidden_layer_sizes=(100,),
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
        metrics=["accuracy"],
        batch_size=32,
        epochs=30,
        callbacks=[stop],
        random_state=0,
        verbose=0,
    )
    grid = {"model__hidden_layer_sizes": [(n,) for n in units]}
    search = GridSearchCV(classifier, grid, cv=3, scoring="accuracy")
    start = time.perf_counter()
    search.fit(X, y, validation_data=(X_val, y_val))
    return time.perf_counter() - start, search.cv_results_["mean_test_score"].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", nargs="*", type=int, default=[100, 700])
    parser.add_argument("--run", nargs=3, metavar=("LIBRARY", "BACKEND", "JOBS"))
    arguments = parser.parse_args()
    units = arguments.units
    if arguments.run:
        library, backend, n_jobs = arguments.run
        run = skdigits_search if library == "skdigits" else scikeras_search
        print(json.dumps(run(units, backend, int(n_jobs))))
        return

    def search(library, some, backend="sequential", n_jobs=1):
        return in_new_process(__file__, "--run", library, backend, n_jobs, "--units", *some)

    every = [sizes[0] for sizes in SWEEP.grid["hidden_layer_sizes"]]
    rows, scores = [], []
    for backend, n_jobs in WAYS:
        seconds, found = search("skdigits", every, backend, n_jobs)
        scores.append(found)
        rows.append(
            {"candidates": len(every), "library": "skdigits", "backend": backend, "jobs": n_jobs}
            | {"seconds": round(seconds, 1)}
        )
        table(rows[-1:], list(rows[-1]))
    equal = all(found == scores[0] for found in scores)
    for library in ("skdigits", "scikeras"):
        seconds, found = search(library, units)
        rows.append({"candidates": units, "library": library, "seconds": seconds, "scores": found})
        print(rows[-1], flush=True)
    ours, theirs = rows[-2:]
    for one, other in zip(ours["scores"], theirs["scores"], strict=True):
        assert abs(one - other) < 0.01, "the networks are not equally accurate"
    print(f"scores equal for every backend and number of jobs: {equal}")
    print(f"scikeras takes {theirs['seconds'] / ours['seconds']:.1f} times as long")
    write_json("search", {"rows": rows, "scores": scores, "equal": equal})


if __name__ == "__main__":
    sys.exit(main())
