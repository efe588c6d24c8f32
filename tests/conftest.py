import os

# Tests run side by side: one thread per test is faster than all cores for each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests spend most of their time compiling, which takes a fifth less time without optimization.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
# Lets scikit-learn's array API check run; must be set before SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits._training import network_pool
from skdigits.datasets import fetch_mnist
from skdigits.studies import data

# For the same reason, keep more networks for other tests to reuse. Each of them keeps ten idle
# threads of TensorFlow's compiler.
network_pool.MAX_IDLE_NETWORKS = 60


@pytest.fixture(scope="session")
def digits():
    """scikit-learn's 8 x 8 digits as X_train, X_test, y_train, y_test."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X.astype(np.float32), y, random_state=0, stratify=y)


@pytest.fixture
def eight_by_eight(monkeypatch):
    """scikit-learn's digits in place of MNIST: 1,297 training and 500 test images."""

    def fetch(subset="train", *, return_X_y):
        X, y = load_digits(return_X_y=True)
        X = X.astype(np.uint8)
        return (X[:1297], y[:1297]) if subset == "train" else (X[1297:], y[1297:])

    data.images.cache_clear()
    monkeypatch.setattr(data, "fetch_mnist", fetch)
    yield
    data.images.cache_clear()


@pytest.fixture(scope="session")
def mnist():
    return fetch_mnist(return_X_y=True)


@pytest.fixture(scope="session")
def mnist_test():
    return fetch_mnist(subset="test", return_X_y=True)


@pytest.fixture(scope="session")
def mnist_classifier(mnist):
    """A dense network, fitted on the training images of MNIST."""
    return DenseDigitClassifier(128, epochs=2, random_state=0).fit(*mnist)


@pytest.fixture(scope="session")
def small():
    """A function that makes a small classifier; keyword arguments override its parameters."""

    def make(hidden_layer_sizes=(32,), **parameters):
        defaults = {
            "epochs": 2,
            "batch_size": 64,
            "dropout": 0.0,
            "label_smoothing": 0.0,
            "learning_rate": 0.01,
            "random_state": 0,
        }
        return DenseDigitClassifier(hidden_layer_sizes, **(defaults | parameters))

    return make


@pytest.fixture(scope="session")
def small_conv():
    """A function that makes a small convolutional classifier, as `small` does."""

    def make(filters=(4,), **parameters):
        defaults = {
            "hidden_layer_sizes": (),
            "epochs": 2,
            "batch_size": 64,
            "dropout": 0.0,
            "augmentation": None,
            "label_smoothing": 0.0,
            "learning_rate": 0.01,
            "random_state": 0,
        }
        return ConvDigitClassifier(filters, **(defaults | parameters))

    return make


@pytest.fixture(scope="session")
def tiny_conv(small_conv):
    """A function that makes the convolutional classifier that compiles fastest."""

    def make(filters=(2,), **parameters):
        defaults = {"pool_size": None, "batch_normalization": False, "optimizer": "sgd"}
        return small_conv(filters, **(defaults | parameters))

    return make


@pytest.fixture(params=["small", "tiny_conv"])
def make(request):
    """A function that makes a dense classifier, and one that makes a convolutional one."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def fits(monkeypatch):
    """The seeds of the fits of dense networks that take place."""
    seeds = []
    fit = DenseDigitClassifier.fit

    def count(self, *arguments, **options):
        seeds.append(self.random_state)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(DenseDigitClassifier, "fit", count)
    return seeds


@pytest.fixture(scope="session")
def deep_conv(digits, small_conv):
    """A fitted network of two convolutions and two hidden layers; do not modify it."""
    X, _, y, _ = digits
    return small_conv((4, 6), hidden_layer_sizes=(10, 12), epochs=5).fit(X, y)


@pytest.fixture
def closed_figures():
    """Draw figures to memory, and close them after the test."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")
