"""What a search on a Dask cluster costs besides its fits: tasks, rows of folds, data.

On two workers, processes of one machine: the seconds that a task takes that does nothing, with the
rows of a fold of MNIST as lists (they travel with the task); those of scattering MNIST as uint8 to
each worker; and of one small fit, for comparison. What the scheduler does is the same for any
number of workers.

    python benchmarks/bench_cluster.py [--tasks 200] [--turns 3]
"""

import argparse
import pickle
import time

import joblib
import numpy as np
from common import table, write_json
from dask import config
from distributed import Client, LocalCluster
from sklearn.model_selection import StratifiedKFold

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist


def nothing(*_):
    return 0.0


def fit(X, y, rows):
    classifier = DenseDigitClassifier(100, epochs=5, random_state=0).fit(X[rows], y[rows])
    return classifier.fit_time_


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    X, y = fetch_mnist(return_X_y=True)
    train, test = (rows.tolist() for rows in next(StratifiedKFold(3).split(X, y)))
    found = {"task": [], "task with rows": [], "scatter to one worker": [], "fit": []}
    config.set({"distributed.scheduler.active-memory-manager.start": False})
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client, joblib.parallel_config(backend="dask"):
        parallel = joblib.Parallel(batch_size=1)

        def run(*rows):
            parallel(joblib.delayed(nothing)(i, *rows) for i in range(arguments.tasks))

        run()
        for _ in range(arguments.turns):
            found["task"].append(seconds_of(run) / arguments.tasks)
            found["task with rows"].append(seconds_of(lambda: run(train, test)) / arguments.tasks)
            noise = np.random.default_rng().integers(0, 256, X.shape, np.uint8)  # new to Dask
            send = seconds_of(lambda data=noise: client.scatter(data, broadcast=True, hash=False))
            found["scatter to one worker"].append(send / 2)
        data, labels = client.scatter([X, y], broadcast=True)
        for _ in range(arguments.turns + 1):  # the first one compiles
            found["fit"].append(client.submit(fit, data, labels, train, pure=False).result())
        found["fit"] = found["fit"][1:]
    medians = {name: float(np.median(times)) for name, times in found.items()}
    table(
        [{"what": name, "seconds": f"{time_:.5f}"} for name, time_ in medians.items()],
        ["what", "seconds"],
    )
    sizes = {"rows of a fold": len(pickle.dumps((train, test))), "MNIST": X.nbytes + y.nbytes}
    print(sizes)
    write_json("cluster", {"seconds": medians, "bytes": sizes, "tasks": arguments.tasks})


if __name__ == "__main__":
    main()
