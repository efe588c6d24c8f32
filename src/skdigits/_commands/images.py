"""Read image files in MNIST's format."""

import warnings

import numpy as np

from skdigits import DigitImageNormalizer
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


def read_images(paths):
    """Read image files as rows of 784 pixels, normalized to MNIST's format.

    Raises
    ------
    CommandError
        If a file cannot be read or shows no digit; the message names it.
    """
    return np.concatenate([_read_image(path) for path in paths])


def _read_image(path):
    from PIL import Image

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            row = DigitImageNormalizer().transform([path])
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise CommandError(f"{path} cannot be read as an image: {reason}") from None
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = first_line(error)
        raise CommandError(f"{path} cannot be read as an image: {reason}") from None
    if not row.any():
        raise CommandError(f"{path} must show a digit; the image is blank")
    for message in (str(warning.message) for warning in caught):
        several = "shows several digits; crop one digit per image"
        warn(f"{path} {several}" if "several digits" in message else f"{path}: {message}")
    return row
