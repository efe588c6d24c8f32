"""Accuracy and fit time of the defaults on MNIST.

Measure the default `DenseDigitClassifier` with five seeds, `make_pipeline(PCA(0.95),
DenseDigitClassifier(random_state=0))` on pixels in 0-255 and in 0-1, and the default
`ConvDigitClassifier` with three seeds. Train on all 60,000 training images and test on the 10,000
test images. TensorFlow is imported beforehand.

    python benchmarks/bench_accuracy.py [--models dense pca conv]
"""

import argparse
from statistics import median

import numpy as np
from common import write_json
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.datasets import fetch_mnist


def measure_seeds(estimator, n_seeds, data):
    X, y, X_test, y_test = data
    seeds = []
    for seed in range(n_seeds):
        classifier = clone(estimator).set_params(random_state=seed).fit(X, y)
        accuracy = classifier.score(X_test, y_test)
        seeds.append({"seed": seed, "accuracy": accuracy, "fit_time": classifier.fit_time_})
        print(f"seed {seed}: {accuracy:.4f} in {classifier.fit_time_:.1f} s", flush=True)
    mean = np.mean([one["accuracy"] for one in seeds])
    seconds = median([one["fit_time"] for one in seeds])
    print(f"mean {mean:.4f}, median {seconds:.1f} s\n")
    return {"seeds": seeds, "mean": mean}


def pca_pipelines(data):
    X, y, X_test, y_test = data
    found = {}
    for name, divisor in (("0-255", 1), ("0-1", 255)):
        pipeline = make_pipeline(PCA(0.95), DenseDigitClassifier(random_state=0))
        pipeline.fit(X / np.float32(divisor), y)
        found[name] = pipeline.score(X_test / np.float32(divisor), y_test)
        print(f"pixels {name}: {found[name]:.4f}", flush=True)
    return found


MEASURED = {
    "dense": lambda data: measure_seeds(DenseDigitClassifier(), 5, data),
    "pca": pca_pipelines,
    "conv": lambda data: measure_seeds(ConvDigitClassifier(), 3, data),
}


def main():
    import tensorflow  # noqa: F401 (importing it is not part of the fits)

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="*", choices=MEASURED, default=list(MEASURED))
    data = (*fetch_mnist(return_X_y=True), *fetch_mnist(subset="test", return_X_y=True))
    for name in parser.parse_args().models:
        print(name)
        write_json(f"accuracy-{name}", MEASURED[name](data))


if __name__ == "__main__":
    main()
