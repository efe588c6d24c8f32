"""Time of part of the neuron sweep: with each joblib backend, and compared with scikeras.

GridSearchCV with 3 folds of the 55,000 training images, RMSprop, batches of 32, at most 30 epochs,
early stopping with patience 2 on the 5,000 validation images, pixels / 255. Each search runs in its
own process, alternating between the backends; with one job, a fit uses all cores. scikeras is slow,
so it searches the first and the last width only, and is compared with a search by skdigits over
these two. The scores of all backends must be exactly equal.

    python benchmarks/bench_search.py [--units 100 300 500 700] [--repetitions 3]
"""

import argparse
import json
import sys
import time
from contextlib import ExitStack

import numpy as np
from common import in_new_process, mnist_unit, table, write_json

from skdigits.studies import STUDIES, Search

SWEEP = next(one for one in STUDIES["neuron-sweep"].experiments if isinstance(one, Search))
BACKENDS = (("sequential", 1), ("loky", 2), ("threading", 2), ("dask", 2))  # and numbers of jobs


def skdigits_search(units, backend, n_jobs):
    import joblib
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV

    X, y, X_val, y_val = mnist_unit("validation")
    estimator = clone(SWEEP.estimator).set_params(random_state=0)
    search = GridSearchCV(estimator, {"hidden_layer_sizes": [(n,) for n in units]}, cv=3)
    with ExitStack() as stack:
        options = {}
        if backend == "dask":
            from distributed import Client, LocalCluster

            options["scatter"] = [X, y]
            workers = {"n_workers": n_jobs, "threads_per_worker": 1, "dashboard_address": None}
            stack.enter_context(Client(stack.enter_context(LocalCluster(**workers))))
        stack.enter_context(joblib.parallel_config(backend=backend, n_jobs=n_jobs, **options))
        start = time.perf_counter()
        search.fit(X, y, X_val=X_val, y_val=y_val)
        seconds = time.perf_counter() - start
    return seconds, search.cv_results_["mean_test_score"].tolist()


def scikeras_search(units, *_):
    import keras
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV

    from skdigits.networks import dense_network

    X, y, X_val, y_val = mnist_unit("validation")
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
    parser.add_argument("--units", nargs="*", type=int, default=[100, 300, 500, 700])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    units = arguments.units
    if arguments.run:
        library, backend, n_jobs = arguments.run
        run = skdigits_search if library == "skdigits" else scikeras_search
        print(json.dumps(run(units, backend, int(n_jobs))))
        return

    def search(library, some, backend="sequential", n_jobs=1):
        found = in_new_process(__file__, "--run", library, backend, n_jobs, "--units", *some)
        print(f"{library}, {backend}, {n_jobs} jobs, units {some}: {found[0]:.1f} s", flush=True)
        return found

    found = {one: [] for one in BACKENDS}
    for _ in range(arguments.repetitions):
        for backend, n_jobs in BACKENDS:
            found[backend, n_jobs].append(search("skdigits", units, backend, n_jobs))
    scores = [score for runs in found.values() for _, score in runs]
    assert all(score == scores[0] for score in scores), "scores differ between backends"
    seconds = {one: float(np.median([run for run, _ in runs])) for one, runs in found.items()}
    rows = [
        {"backend": backend, "jobs": n_jobs, "seconds": round(seconds[backend, n_jobs], 1)}
        | {"speedup": round(seconds[BACKENDS[0]] / seconds[backend, n_jobs], 2)}
        for backend, n_jobs in BACKENDS
    ]
    table(rows, list(rows[0]))

    ends = [units[0], units[-1]]
    ours, our_scores = search("skdigits", ends, "loky", 2)
    theirs, their_scores = search("scikeras", ends)
    for one, other in zip(our_scores, their_scores, strict=True):
        assert abs(one - other) < 0.01, "the accuracies of scikeras and skdigits differ"
    print(f"scikeras takes {theirs / ours:.1f} times as long as skdigits with two jobs")
    peer = {"units": ends, "skdigits": ours, "scikeras": theirs}
    peer |= {"our_scores": our_scores, "their_scores": their_scores}
    write_json("search", {"units": units, "ways": rows, "scores": scores[0], "peer": peer})


if __name__ == "__main__":
    sys.exit(main())
