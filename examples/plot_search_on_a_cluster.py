"""
Search on a cluster
===================

Run a search on the workers of a Dask cluster. This example uses a cluster of two processes on one
machine; for several machines, only the ``Client`` differs. To run it, install Dask:
``pip install ".[distributed]"`` in a clone of the repository.
"""

# %%
# Use one thread per worker, and scatter the data to all workers at the start.

import joblib
from dask import config
from distributed import Client, LocalCluster
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist
from skdigits.displays import SweepDisplay

search = RandomizedSearchCV(
    DenseDigitClassifier(64, epochs=3, random_state=0),
    {"learning_rate": loguniform(1e-4, 1e-1)},
    n_iter=12,
    cv=2,
    random_state=0,
)

if __name__ == "__main__":
    X, y = fetch_mnist(return_X_y=True)
    X, y = X[:6000], y[:6000]
    config.set({"distributed.scheduler.active-memory-manager.start": False})
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster), joblib.parallel_config(backend="dask", scatter=[X, y]):
        search.fit(X, y)
    rate = search.best_params_["learning_rate"]
    print(f"learning rate {rate:.4f}: accuracy {search.best_score_:.4f}")

# %%
# Useful learning rates span orders of magnitude, so the search samples them on a logarithmic scale.
# The longest times are those of the first fit of each worker, which imports TensorFlow and compiles
# the network.

if __name__ == "__main__":
    SweepDisplay.from_estimator(search)
