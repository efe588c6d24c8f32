"""Searches and studies on a Dask cluster of separate processes."""

import io
import os
import signal
import sys
from functools import partial

import dask
import distributed
import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdigits import DenseDigitClassifier
from skdigits.studies import Curve, Network, Split, Study, load_fits, reproduce

pytestmark = pytest.mark.slow
GRID = {"learning_rate": [0.001, 0.01]}


@pytest.fixture(scope="module")
def cluster_client():
    with (
        dask.config.set({"distributed.scheduler.active-memory-manager.start": False}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def client(cluster_client):
    """A client of two workers: with a single one, joblib would not use the cluster."""
    cluster_client.wait_for_workers(2, timeout=120)
    return cluster_client


@pytest.fixture
def search():
    return GridSearchCV(DenseDigitClassifier(8, epochs=2, random_state=0), GRID, cv=3)


def _threads_and_process():
    import skdigits._training.compiled_loop  # noqa: F401

    tf = sys.modules["tensorflow"]
    return tf.config.threading.get_intra_op_parallelism_threads(), os.getpid()


def test_workers_keep_to_one_thread(client):
    found = client.run(_threads_and_process)
    assert [threads for threads, _ in found.values()] == [1, 1]
    assert os.getpid() not in [process for _, process in found.values()]


def test_search_on_a_cluster(client, digits, search):
    X, _, y, _ = digits
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="dask"):
        search.fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def _die_once(classifier, X, y, mark, parent):
    """Score, except that the first worker to get here is killed."""
    assert os.getpid() != parent
    try:
        mark.open("x").close()
    except FileExistsError:
        return classifier.score(X, y)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("rows", ["inside the tasks", "scattered"])
def test_search_survives_the_death_of_a_worker(client, digits, search, rows, tmp_path):
    """The data of every task are on every worker, or in the task itself; see docs/clusters.md."""
    X, _, y, _ = digits
    search.cv = list(StratifiedKFold(3).split(X, y))
    scattered = [X, y, *(part for fold in search.cv for part in fold)]
    if rows == "inside the tasks":
        scattered = [X, y]
        search.cv = [(train.tolist(), test.tolist()) for train, test in search.cv]
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    before = set(client.run(os.getpid).values())
    search.set_params(scoring=partial(_die_once, mark=tmp_path / "died", parent=os.getpid()))
    with joblib.parallel_config(backend="dask", scatter=scattered):
        search.fit(X, y)
    assert set(client.run(os.getpid).values()) != before
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_study_on_a_cluster(client, tmp_path):
    """Each worker reads MNIST itself; the study uses a part of it."""
    small = DenseDigitClassifier(8, epochs=1)
    sizes = Curve("sizes", small, (100, 1_000), lambda fit: f"{fit['images']} images", seeds=2)
    study = Study("own", "", "", (Network("all", small), sizes), Split(58_000), minutes=1)
    with joblib.parallel_config(backend="dask"):
        ours = reproduce(study, tmp_path / "dask", file=io.StringIO())
    assert len(load_fits(tmp_path / "dask")) == len(ours) == 5
    alone = reproduce(study, tmp_path / "alone", file=io.StringIO())
    np.testing.assert_array_equal(ours.test_accuracy, alone.test_accuracy)
