"""Utilities for the benchmarks: data, new processes, tables and JSON files."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from skdigits.datasets import fetch_mnist
from skdigits.studies import environment

PEERS = ("onnxruntime", "scikeras", "skl2onnx", "skorch", "torch")


def mnist_unit(others="test"):
    """Load 55,000 training images and held-out images, as float32 in [0, 1], with their labels.

    The held-out images are the test images or, for "validation", the first 5,000 training images.
    """
    X, y = fetch_mnist(return_X_y=True)
    X_other, y_other = X[:5000], y[:5000]
    if others == "test":
        X_other, y_other = fetch_mnist(subset="test", return_X_y=True)
    unit = np.float32(255)
    return X[5000:] / unit, y[5000:], X_other / unit, y_other


def in_new_process(script, *arguments, **variables):
    """Run a script in a new process; parse the JSON that it prints as its last line.

    `variables` are set in its environment.
    """
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(rows, columns):
    """Print dicts as the rows of a table."""
    widths = [
        max(len(column), *(len(str(row.get(column, ""))) for row in rows)) for column in columns
    ]
    for line in [dict(zip(columns, columns, strict=True)), *rows]:
        cells = zip(columns, widths, strict=True)
        print(
            "  ".join(f"{line.get(column, '')!s:>{width}}" for column, width in cells), flush=True
        )


def is_installed(package):
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def write_json(name, results):
    """Write results, with versions, threads and processor, to the folder of results."""
    path = Path(__file__).parent / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    packages = ["skdigits", "tensorflow", "keras", "scikit-learn", "numpy"]
    packages += filter(is_installed, PEERS)
    path.write_text(json.dumps({"where": environment(packages), **results}, indent=2) + "\n")
    print(f"\nwritten to {path}")
