"""Read the samples of a command: MNIST, an .npz file, a CSV file or a folder of images."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skdigits import DigitImageNormalizer
from skdigits._commands.errors import CommandError, first_line
from skdigits._commands.images import image_files, read_images
from skdigits.datasets import fetch_mnist

KINDS = (
    "mnist, an .npz file with arrays X and y, a .csv file with a column of labels, or a folder "
    "with one sub-folder of image files per class"
)


@dataclass(frozen=True)
class Samples:
    """Samples as rows of pixels, their labels, and the shape of the images if it is known."""

    X: np.ndarray
    y: np.ndarray
    image_shape: tuple[int, int] | None = None


def add_label_option(parser):
    """Add the option that names the column of labels."""
    parser.add_argument(
        "--label",
        default="label",
        metavar="COLUMN",
        help="column of the labels in a .csv file (default: label); all other columns are pixels",
    )


def read_data(source, label="label", *, subset="train", normalizer=None):
    """Read labeled samples.

    Parameters
    ----------
    source : str
        "mnist", or the path of a file or folder, as passed on the command line.
    label : str, default="label"
        Column of the labels in a CSV file.
    subset : {"train", "test"}, default="train"
        Which images of MNIST to read.
    normalizer : DigitImageNormalizer, default=None
        Normalizes all samples. If None, only image files are normalized, with the
        default parameters.

    Returns
    -------
    samples : Samples

    Raises
    ------
    CommandError
        If the source does not hold labeled samples.
    """
    if source == "mnist":
        samples = Samples(*fetch_mnist(subset=subset, return_X_y=True))
        return _normalized(samples, normalizer, source)
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source} does not exist; expected {KINDS}")
    if path.is_dir():
        return _read_folder(path, normalizer or DigitImageNormalizer())
    readers = {".npz": _read_npz, ".csv": lambda path: _read_csv(path, label)}
    if path.suffix.lower() not in readers:
        raise CommandError(f"{source} is of an unknown type; expected {KINDS}")
    samples = _checked(path, *readers[path.suffix.lower()](path))
    return _normalized(samples, normalizer, source)


def _normalized(samples, normalizer, source):
    """Normalize arrays of images, if there is a normalizer."""
    if normalizer is None:
        return samples
    X = samples.X if samples.image_shape is None else samples.X.reshape(-1, *samples.image_shape)
    try:
        return Samples(normalizer.transform(X), samples.y)
    except ValueError as error:
        raise CommandError(f"{source} cannot be normalized: {first_line(error)}") from None


def _read_folder(folder, normalizer):
    classes = sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    if not classes:
        raise CommandError(f"{folder} must have one sub-folder of images per class; found none")
    rows, labels = [], []
    for path in classes:
        files = image_files(path)
        if not files:
            raise CommandError(f"{path} must hold image files; found none")
        rows.append(read_images(files, normalizer))
        labels += [path.name] * len(files)
    # Digits are integers, as in MNIST.
    are_integers = all(name.isdecimal() and str(int(name)) == name for name in labels)
    return Samples(np.concatenate(rows), np.array(labels, dtype=int if are_integers else None))


def _read_npz(path):
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            names = {name.lower(): name for name in reversed(arrays.files)}
            if not {"x", "y"} <= names.keys():
                found = ", ".join(arrays.files) or "none"
                raise CommandError(f"{path} must hold the arrays X and y; found {found}")
            return arrays[names["x"]], arrays[names["y"]]
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise CommandError(
            f"{path} must be an .npz file of arrays without Python objects: {first_line(error)}"
        ) from None


def _read_csv(path, label):
    import pandas as pd  # slow to import

    try:
        frame = pd.read_csv(path, low_memory=False)  # one type per column
    except ValueError as error:  # damaged, empty or not text
        raise CommandError(f"{path} cannot be read as CSV: {first_line(error)}") from None
    if label not in frame:
        found = _shortened(frame.columns)
        raise CommandError(
            f"{path} has no column {label!r}; name another with --label; found {found}"
        )
    y, pixels = frame.pop(label), frame
    if y.isna().any():
        row = int(y.isna().to_numpy().argmax()) + 1
        raise CommandError(f"{path} must have a {label} for each sample; sample {row} has none")
    for name, column in pixels.items():
        if column.dtype.kind not in "buif":
            raise CommandError(
                f"{path} must hold numbers in all columns except {label}; column {name!r} does not"
            )
    return pixels.to_numpy(np.float32), y.to_numpy()


def _checked(path, X, y):
    """Check arrays, and flatten images to rows of pixels."""
    if X.ndim not in (2, 3) or X.dtype.kind not in "buif":
        raise CommandError(
            f"{path} must hold a numeric array X of shape (samples, pixels) or (samples, height, "
            f"width); got {X.dtype} of shape {X.shape}"
        )
    if y.shape != X.shape[:1]:
        raise CommandError(
            f"{path} must hold one label per sample; got shapes {y.shape} and {X.shape}"
        )
    if not X.size:
        raise CommandError(f"{path} must hold samples with pixels; got shape {X.shape}")
    if not np.isfinite(X).all():
        raise CommandError(f"{path} must hold finite pixels; some are missing or infinite")
    return Samples(X.reshape(len(X), -1), y, X.shape[1:] if X.ndim == 3 else None)


def _shortened(names, n_shown=5):
    return ", ".join(map(str, names[:n_shown])) + (", ..." if len(names) > n_shown else "")
