"""Memory of hundreds of fits, and of a fit on a memory-mapped array.

Measure 200 fits of one network, fits of 300 different dense and 100 different convolutional
networks (compared with the level after ten of each), and one epoch on 2,000,000 x 784 bytes (MNIST,
repeated) mapped from a file, compared with one epoch on 60,000 images in memory. Pages of the
mapped file do not count, since the system can drop them at any time.

    python benchmarks/bench_memory.py
"""

import argparse
import json
import tempfile
import threading
from pathlib import Path

import numpy as np
import psutil
from common import in_new_process, write_json

from skdigits.datasets import fetch_mnist

MAPPED_IMAGES = 2_000_000


def own_memory():
    """Return the memory of this process in MB, without mapped files."""
    memory = psutil.Process().memory_info()
    return (memory.rss - memory.shared) / 1e6


class Peak:
    """Context manager that measures the peak of `own_memory`."""

    def __enter__(self):
        self.megabytes = own_memory()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._done.wait(0.01):
            self.megabytes = max(self.megabytes, own_memory())

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def classifier(**parameters):
    from skdigits import DenseDigitClassifier

    return DenseDigitClassifier(128, batch_size=128, random_state=0, **parameters)


def run_fits():
    X, y = fetch_mnist(return_X_y=True)
    megabytes = []
    for fit in range(1, 201):
        n_samples = 1000 + 17 * fit
        classifier(epochs=2).fit(X[:n_samples], y[:n_samples])
        if fit % 20 == 0:
            megabytes.append(own_memory())
    return {"after_every_20_fits": megabytes}


def run_structures():
    from skdigits import ConvDigitClassifier

    X, y = fetch_mnist(return_X_y=True)
    X, y = X[:500], y[:500]

    def dense(number):
        classifier(epochs=1).set_params(hidden_layer_sizes=(16 + number, 16)).fit(X, y)

    def convolutional(number):
        filters = 2 + number // 10, 2 + number % 10
        ConvDigitClassifier(
            filters, augmentation=None, batch_size=128, epochs=1, random_state=0
        ).fit(X, y)

    megabytes = {}
    for fit, start, stop in (
        (dense, 0, 10),
        (convolutional, 0, 10),
        (dense, 10, 300),
        (convolutional, 10, 100),
    ):
        for number in range(start, stop):
            fit(number)
        megabytes[f"{fit.__name__} {stop}"] = own_memory()
    return megabytes


def run_mapped():
    import tensorflow as tf

    X, y = fetch_mnist(return_X_y=True)
    tf.constant(0) + 1  # starts TensorFlow's runtime
    small = classifier(epochs=2).fit(X, y)
    seconds_in_memory = small.epoch_times_[1] / len(X)
    del small
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.npy")
        mapped = np.lib.format.open_memmap(path, "w+", np.uint8, (MAPPED_IMAGES, 784))
        for start in range(0, MAPPED_IMAGES, len(X)):
            rows = min(len(X), MAPPED_IMAGES - start)
            mapped[start : start + rows] = X[:rows]
        mapped.flush()
        del mapped
        labels = np.resize(y, MAPPED_IMAGES)
        del X, y
        mapped = np.load(path, mmap_mode="r")
        before = own_memory()
        with Peak() as peak:
            large = classifier(epochs=1).fit(mapped, labels)
    return {
        "before": before,
        "peak": peak.megabytes,
        "seconds_per_million_images": large.epoch_times_[0] / MAPPED_IMAGES * 1e6,
        "seconds_per_million_images_in_memory": seconds_in_memory * 1e6,
        "training_accuracy": large.history_["accuracy"][0],
    }


def run_import():
    import keras  # noqa: F401 (its memory is part of what is measured)
    import tensorflow as tf

    import skdigits  # noqa: F401 (as above)

    tf.constant(0) + 1
    return {"megabytes": own_memory()}


RUNNERS = {
    "fits": run_fits,
    "structures": run_structures,
    "mapped": run_mapped,
    "import": run_import,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", choices=RUNNERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(RUNNERS[options.run]()))
        return
    results = {name: in_new_process(__file__, "--run", name) for name in RUNNERS}
    fits, mapped = results["fits"]["after_every_20_fits"], results["mapped"]
    imported = results["import"]["megabytes"]
    first, *later = list(results["structures"].values())[1:]
    assert mapped["training_accuracy"] > 0.95, mapped
    print(
        f"200 fits: {fits[0]:.0f} MB after 20, {fits[-1]:.0f} MB after 200\n"
        f"different networks: {first:.0f} MB after 10 of each kind, {later[0]:.0f} MB after 300 "
        f"dense ones, {later[1]:.0f} MB after 100 convolutional ones\n"
        f"{MAPPED_IMAGES:,} mapped images: at most {mapped['peak']:.0f} MB, "
        f"{mapped['peak'] - imported:.0f} MB more than importing TensorFlow "
        f"({imported:.0f} MB)\n"
        f"seconds per million images: {mapped['seconds_per_million_images']:.2f} mapped, "
        f"{mapped['seconds_per_million_images_in_memory']:.2f} in memory (60,000 images)"
    )
    write_json("memory", results)


if __name__ == "__main__":
    main()
