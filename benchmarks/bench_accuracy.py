"""Accuracy and fit time of the defaults on MNIST.

The default `DenseDigitClassifier` with five seeds, and `make_pipeline(PCA(0.95),
DenseDigitClassifier(random_state=0))` on pixels of 0-255 and of 0-1; all 60,000 training images,
accuracy on the 10,000 test images. TensorFlow is imported beforehand.

    python benchmarks/bench_accuracy.py
"""

from statistics import median

import numpy as np
from common import write_json
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist


def main():
    import tensorflow  # noqa: F401 (importing it is not part of the fits)

    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    seeds = []
    for seed in range(5):
        classifier = DenseDigitClassifier(random_state=seed).fit(X, y)
        accuracy = classifier.score(X_test, y_test)
        seeds.append({"seed": seed, "accuracy": accuracy, "fit_time": classifier.fit_time_})
        print(f"default, seed {seed}: {accuracy:.4f} in {classifier.fit_time_:.1f} s", flush=True)
    mean = np.mean([one["accuracy"] for one in seeds])
    seconds = median([one["fit_time"] for one in seeds])
    print(f"default: mean {mean:.4f}, median {seconds:.1f} s")
    pipelines = {}
    for name, divisor in (("0-255", 1), ("0-1", 255)):
        pipeline = make_pipeline(PCA(0.95), DenseDigitClassifier(random_state=0))
        pipeline.fit(X / np.float32(divisor), y)
        pipelines[name] = pipeline.score(X_test / np.float32(divisor), y_test)
        print(f"PCA(0.95) and default, pixels {name}: {pipelines[name]:.4f}", flush=True)
    write_json("accuracy", {"default": seeds, "pca_pipeline": pipelines})


if __name__ == "__main__":
    main()
