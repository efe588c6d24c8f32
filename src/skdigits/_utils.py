"""Folders, files, memory, allowed threads, limits of numbers, integers, packages, warnings."""

import errno
import os
import sys
import uuid
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from numbers import Integral

import numpy as np

# The largest and the smallest normal number of float32, in which networks are trained. Smaller ones
# are imprecise, and 0 to XLA.
FLOAT32_MAX = float(np.finfo(np.float32).max)
FLOAT32_TINY = float(np.finfo(np.float32).tiny)


def make_folder(path):
    """Create a folder and its parents, unless it exists.

    Raises
    ------
    OSError
        If it cannot be created; in the place of an existing file, the error says so.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        message = "expected a folder, but found a file; move or delete it"
        raise FileExistsError(errno.EEXIST, message, str(path)) from None


@contextmanager
def atomic_write(path):
    """Yield a temporary path that replaces `path` if no error occurs.

    Readers see the complete file or none, even if writing is interrupted.

    Parameters
    ----------
    path : pathlib.Path
        The file to write.

    Yields
    ------
    temporary : pathlib.Path
        A file in the same folder.

    Raises
    ------
    OSError
        If writing fails; the error names `path`.
    """
    temporary = path.with_name(f"{path.name}-{uuid.uuid4().hex}.tmp")
    try:
        with file_in_errors(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def file_in_errors(path):
    """Name a file in the errors of writing it; that of a full disk names none."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_memory_for(path):
    """Raise MemoryError unless twice the size of an uncompressed file fits into memory.

    Tells why loading it raised MemoryError: a damaged file may claim to hold a huge array.
    """
    np.empty(2 * path.stat().st_size, np.uint8)


def allowed_threads():
    """Number of threads that ``OMP_NUM_THREADS`` allows, or None if it does not say.

    joblib's loky and Dask set this variable to each worker's share of the cores.
    """
    value = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(value) if value.isdecimal() and int(value) else None


def is_int(value):
    """Whether a value is an int, of Python or NumPy, and not a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def require(purpose, *packages):
    """Say what to install where only prediction was installed (``requirements-serving.txt``).

    Raises
    ------
    ModuleNotFoundError
        If one of the packages is not installed. Nothing is imported to find out.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ModuleNotFoundError(
            f"{purpose} needs packages that are not installed: pip install {' '.join(missing)}",
            name=missing[0],
        )


def warn(message, category=UserWarning):
    """Issue a warning that points at the user's line that led to the call."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and _package(frame) in ("skdigits", "sklearn", "joblib"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def _package(frame):
    return (frame.f_globals.get("__name__") or "").split(".")[0]
