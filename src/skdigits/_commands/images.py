"""Read image files in MNIST's format."""

import warnings

import numpy as np

from skdigits import SeveralDigitsWarning
from skdigits._commands.errors import CommandError, first_line
from skdigits._utils import warn


def image_files(folder):
    """Return the image files in a folder, sorted by name; ignore files of other types."""
    from PIL import Image

    readable = {
        suffix for suffix, kind in Image.registered_extensions().items() if kind in Image.OPEN
    }
    files = (path for path in folder.iterdir() if path.suffix.lower() in readable)
    return sorted(path for path in files if path.is_file() and not path.name.startswith("."))


def read_images(paths, normalizer):
    """Read image files as rows of 784 pixels, normalized to MNIST's format.

    Raises
    ------
    CommandError
        If a file cannot be read or shows no digit; the message names it.
    """
    rows = []
    for path in paths:
        row, _ = read_image(path, normalizer)
        if not row.any():
            raise CommandError(f"{path} must show a digit; the image is blank")
        rows.append(row)
    return np.concatenate(rows)


def read_image(path, normalizer):
    """Read an image file.

    Returns
    -------
    row : ndarray of shape (1, 784)
        All 0 if the image is blank.
    shows_several_digits : bool

    Raises
    ------
    CommandError
        If the file cannot be read; the message names it.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(record=True, action="always") as caught:
            row = normalizer.transform([path])
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise CommandError(f"{path} cannot be read as an image: {reason}") from None
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = first_line(error)
        raise CommandError(f"{path} cannot be read as an image: {reason}") from None
    if not row.any():
        return row, False  # no warning: it would only have the index of the image
    several = [isinstance(warning.message, SeveralDigitsWarning) for warning in caught]
    for warning, is_several in zip(caught, several, strict=True):
        reason = " shows several digits; crop it to a single digit"
        warn(f"{path}{reason if is_several else f': {warning.message}'}")
    return row, any(several)
