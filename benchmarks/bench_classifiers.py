"""Size and prediction time of the classifiers fitted by the study data-size.

Run `skdigits reproduce data-size` first. Load each classifier of seed 0, save it again without the
state of its optimizer, and predict 40 test images one by one and then all test images at once.
Measure the CPU time; OMP_NUM_THREADS sets the number of threads.

    OMP_NUM_THREADS=1 python benchmarks/bench_classifiers.py reproduced --images 3000 60000
"""

import argparse
import io
import time
from pathlib import Path

import joblib
import numpy as np
from common import mnist_unit, table, write_json

from skdigits.studies import load_fits

N_SINGLE = 40


def processor_seconds(predict, X):
    start = time.process_time()
    predict(X)
    return time.process_time() - start


def measure(model, X, y):
    network = getattr(model, "classifier_", model)
    if hasattr(network, "drop_optimizer_state"):
        network.drop_optimizer_state()
    file = io.BytesIO()
    joblib.dump(model, file)
    single = [processor_seconds(model.predict, X[[i]]) for i in range(N_SINGLE)]
    return {
        "file, MB": round(file.tell() / 1e6, 2),
        "one image, ms": round(1000 * float(np.median(single)), 3),
        f"{len(X):,} images, s": round(processor_seconds(model.predict, X), 3),
        "test accuracy": round(model.score(X, y), 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="folder of `skdigits reproduce data-size`")
    parser.add_argument("--images", type=int, nargs="+", default=[3_000, 60_000])
    options = parser.parse_args()
    _, _, X, y = mnist_unit()
    fits = load_fits(options.output)
    chosen = fits[(fits.study == "data-size") & (fits.seed == 0) & fits.images.isin(options.images)]
    rows = [
        {"classifier": fit.network, **measure(joblib.load(options.output / fit.model), X, y)}
        for fit in chosen.itertuples()
    ]
    table(rows, list(rows[0]))
    write_json("classifiers", {"rows": rows})


if __name__ == "__main__":
    main()
