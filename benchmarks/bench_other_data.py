"""Accuracy of the defaults on data that they were not tuned on, compared with scikit-learn.

The data are scikit-learn's digits of 8 x 8 pixels, MNIST reduced to the 16 x 16 pixels of USPS,
Fashion-MNIST and three small tables. All parameters are defaults, except in SVC(C=5). Images are
divided by their largest possible value, and each seed draws different training images. Tables are
standardized and evaluated with 5-fold cross-validation, repeated five times.

    python benchmarks/bench_other_data.py [--data digits tables mnist16 fashion]
        [--fashion-mnist FOLDER]

The folder holds the four files of Fashion-MNIST, as in Debian's package dataset-fashion-mnist.
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
from common import table, write_json
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.datasets import fetch_mnist

NETWORKS = {"convolutional": ConvDigitClassifier(), "dense": DenseDigitClassifier()}
PEERS = {
    "MLPClassifier": MLPClassifier(),
    "SVC": SVC(),
    "SVC(C=5)": SVC(C=5),
    "RandomForest": RandomForestClassifier(),
    "HistGradientBoosting": HistGradientBoostingClassifier(),
    "KNeighbors": KNeighborsClassifier(),
    "LogisticRegression": LogisticRegression(),
}
TABLES = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer}
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


def measure_images(name, data, sizes, n_seeds, classifiers):
    """Train on random images of the training part; return a row per classifier and size.

    Without test data, the remaining images are the test images.
    """
    X, y, X_test, y_test = data
    rows = []
    for size in sizes:
        for label, classifier in classifiers.items():
            scores, seconds = [], []
            for seed in range(n_seeds[size]):
                order = np.random.default_rng(seed).permutation(len(X))
                train, rest = order[:size], order[size:]
                fitted = clone(classifier)
                if "random_state" in fitted.get_params():
                    fitted.set_params(random_state=seed)
                start = time.perf_counter()
                fitted.fit(X[train], y[train])
                seconds.append(time.perf_counter() - start)
                test = (X[rest], y[rest]) if X_test is None else (X_test, y_test)
                scores.append(fitted.score(*test))
            rows.append(
                {
                    "data": name,
                    "images": size,
                    "classifier": label,
                    "seeds": len(scores),
                    "accuracy, %": round(100 * np.mean(scores), 2),
                    "fit, s": round(np.median(seconds), 1),
                }
            )
            table(rows[-1:], rows[-1])
    return rows


def small_digits(options):
    X, y = load_digits(return_X_y=True)
    data = ((X / 16).astype(np.float32), y, None, None)
    sizes = (100, 300, 1_200)
    return measure_images("digits 8 x 8", data, sizes, dict.fromkeys(sizes, 5), NETWORKS | PEERS)


def mnist_16_by_16(options):
    """Measure on MNIST at the resolution of USPS, with up to 7,291 training images, as in USPS."""
    data = []
    for subset in ("train", "test"):
        X, y = fetch_mnist(subset=subset, return_X_y=True)
        images = [
            Image.fromarray(image).resize((16, 16), Image.Resampling.BOX)
            for image in X.reshape(-1, 28, 28)
        ]
        X = np.stack([np.asarray(image) for image in images]).reshape(len(X), -1)
        data += [X / np.float32(255), y]
    n_seeds = {100: 5, 1_000: 5, 7_291: 3}
    return measure_images("MNIST 16 x 16", data, n_seeds, n_seeds, NETWORKS | PEERS)


def fashion_mnist(options):
    data = []
    for part in ("train", "t10k"):
        with gzip.open(options.fashion_mnist / f"{part}-images-idx3-ubyte.gz") as file:
            X = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
        with gzip.open(options.fashion_mnist / f"{part}-labels-idx1-ubyte.gz") as file:
            y = np.frombuffer(file.read(), np.uint8, offset=8)
        data += [X / np.float32(255), y]
    n_seeds = {10_000: 3, 60_000: 1}
    return measure_images("Fashion-MNIST", data, n_seeds, n_seeds, NETWORKS | PEERS)


def tables(options):
    rows = []
    for name, load in TABLES.items():
        X, y = load(return_X_y=True)
        folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=0)
        for label in ("dense", *PEERS):
            classifier = clone((NETWORKS | PEERS)[label])
            if "random_state" in classifier.get_params():
                classifier.set_params(random_state=0)
            start = time.perf_counter()
            scores = cross_val_score(make_pipeline(StandardScaler(), classifier), X, y, cv=folds)
            rows.append(
                {
                    "data": name,
                    "classifier": label,
                    "accuracy, %": round(100 * scores.mean(), 2),
                    "fit, s": round((time.perf_counter() - start) / len(scores), 2),
                }
            )
    return rows


MEASURED = {
    "digits": small_digits,
    "tables": tables,
    "mnist16": mnist_16_by_16,
    "fashion": fashion_mnist,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="*", choices=MEASURED, default=list(MEASURED))
    parser.add_argument("--fashion-mnist", type=Path, default=FASHION_MNIST)
    options = parser.parse_args()
    for name in options.data:
        rows = MEASURED[name](options)
        table(rows, rows[0])
        write_json(f"other-data-{name}", {"rows": rows})


if __name__ == "__main__":
    main()
