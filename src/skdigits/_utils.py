"""Helpers for folders, files, memory, threads, numbers, missing packages and warnings."""

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
# are imprecise, and XLA treats them as 0.
FLOAT32_MAX = float(np.finfo(np.float32).max)
FLOAT32_TINY = float(np.finfo(np.float32).tiny)


def make_folder(path):
    """Create a folder and its parents, unless it exists.

    Raises
    ------
    OSError
        If it cannot be created, for example because a file of this name exists.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        message = "expected a folder, but found a file; move or delete it"
        raise FileExistsError(errno.EEXIST, message, str(path)) from None


@contextmanager
def atomic_write(path):
    """Yield a temporary path that replaces `path` if no error occurs.

    Readers see the complete new file, or what was there before, even if writing is interrupted.

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
    """Add the path of a file to errors that occur while writing it; disk-full errors lack it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_memory_for(path):
    """Raise MemoryError unless twice the size of an uncompressed file fits into memory.

    Call it after loading the file raised MemoryError. If it does not raise, the file is damaged and
    claims to hold a huge array.
    """
    np.empty(2 * path.stat().st_size, np.uint8)


def allowed_threads():
    """Return the number of threads that ``OMP_NUM_THREADS`` allows; None if it is not set.

    joblib's loky sets this variable to each worker's share of the cores, and Dask sets it to 1.
    """
    value = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(value) if value.isdecimal() and int(value) else None


def is_int(value):
    """Return whether a value is a Python or NumPy int, but not a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def require(purpose, *packages):
    """Check that packages are installed; ``requirements-serving.txt`` does not include them.

    Raises
    ------
    ModuleNotFoundError
        If one of the packages is not installed; the message lists what to install. The check
        imports nothing.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ModuleNotFoundError(
            f"{purpose} needs packages that are not installed: pip install {' '.join(missing)}",
            name=missing[0],
        )


def warn(message, category=UserWarning):
    """Issue a warning that points at the line of the user's code that led to it."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and _package(frame) in ("skdigits", "sklearn", "joblib"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def _package(frame):
    return (frame.f_globals.get("__name__") or "").split(".")[0]
