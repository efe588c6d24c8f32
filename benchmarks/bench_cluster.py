"""Overhead of a search on a Dask cluster: tasks, indices of folds, data.

On a cluster of two processes on one machine, measure the times of

- an empty task, without and with the indices of a fold of MNIST as lists,
- an empty fit of a search whose indices are sent with each task or scattered to the workers,
- selecting the rows of a fold,
- scattering an array of MNIST's size to one worker, and
- a small fit, for comparison.

The work of the scheduler does not depend on the number of workers.

    python benchmarks/bench_cluster.py [--tasks 200] [--repetitions 3]
"""

import argparse
import pickle
import time

import joblib
import numpy as np
from common import table, write_json
from dask import config
from distributed import Client, LocalCluster
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist


def nothing(*_):
    return 0.0


def fit(X, y, rows):
    classifier = DenseDigitClassifier(100, epochs=5, random_state=0).fit(X[rows], y[rows])
    return classifier.fit_time_


def empty_search(cv, n_tasks):
    """Create a search with empty fits."""
    grid = {"random_state": list(range(n_tasks // len(cv)))}
    return GridSearchCV(DummyClassifier(), grid, cv=cv, refit=False)


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    X, y = fetch_mnist(return_X_y=True)
    folds = list(StratifiedKFold(3).split(X, y))
    lists = [(train.tolist(), test.tolist()) for train, test in folds]
    train, test = lists[0]
    found = {
        "task": [],
        "task with rows": [],
        "fit of a search, rows inside": [],
        "fit of a search, rows scattered": [],
        "selecting the rows": [],
        "scatter to one worker": [],
        "fit": [],
    }
    config.set({"distributed.scheduler.active-memory-manager.start": False})
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client, joblib.parallel_config(backend="dask"):
        parallel = joblib.Parallel(batch_size=1)

        def run(*rows):
            parallel(joblib.delayed(nothing)(i, *rows) for i in range(arguments.tasks))

        run()
        for _ in range(arguments.repetitions):
            found["task"].append(seconds_of(run) / arguments.tasks)
            found["task with rows"].append(seconds_of(lambda: run(train, test)) / arguments.tasks)
            for where, cv, scattered in (
                ("inside", lists, [X, y]),
                ("scattered", folds, [X, y, *(rows for fold in folds for rows in fold)]),
            ):
                with joblib.parallel_config(backend="dask", scatter=scattered):
                    search = empty_search(cv, arguments.tasks)
                    seconds = seconds_of(lambda search=search: search.fit(X, y))
                    n_fits = len(search.cv_results_["params"]) * len(cv)
                found[f"fit of a search, rows {where}"].append(seconds / n_fits)
            found["selecting the rows"].append(seconds_of(lambda: (X[folds[0][0]], X[folds[0][1]])))
            noise = np.random.default_rng().integers(0, 256, X.shape, np.uint8)  # new to Dask
            send = seconds_of(lambda data=noise: client.scatter(data, broadcast=True, hash=False))
            found["scatter to one worker"].append(send / 2)
        data, labels = client.scatter([X, y], broadcast=True)
        for _ in range(arguments.repetitions + 1):  # the first one compiles
            found["fit"].append(client.submit(fit, data, labels, train, pure=False).result())
        found["fit"] = found["fit"][1:]
    medians = {name: float(np.median(times)) for name, times in found.items()}
    table(
        [{"step": name, "seconds": f"{time_:.5f}"} for name, time_ in medians.items()],
        ["step", "seconds"],
    )
    sizes = {"rows of a fold": len(pickle.dumps((train, test))), "MNIST": X.nbytes + y.nbytes}
    print(sizes)
    write_json("cluster", {"seconds": medians, "bytes": sizes, "tasks": arguments.tasks})


if __name__ == "__main__":
    main()
