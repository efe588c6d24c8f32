"""Versions, processor and number of threads, recorded with every fit."""

import platform
from importlib.metadata import version
from pathlib import Path

import joblib

from skdigits._utils import allowed_threads

PACKAGES = ("skdigits", "tensorflow", "keras", "scikit-learn", "numpy", "scipy")


def environment(packages=PACKAGES):
    """Describe the software and hardware that results were measured with.

    Parameters
    ----------
    packages : sequence of str
        Distributions whose versions are included.

    Returns
    -------
    environment : dict
        ``versions`` by package, ``python``, ``processor``, and ``threads``, the number that a fit
        may use.

    Examples
    --------
    >>> from skdigits.studies import environment
    >>> sorted(environment(["numpy"]))
    ['processor', 'python', 'threads', 'versions']
    """
    return {
        "versions": {package: version(package) for package in packages},
        "python": platform.python_version(),
        "processor": _processor(),
        "threads": allowed_threads() or joblib.cpu_count(),
    }


def _processor():
    cpuinfo = Path("/proc/cpuinfo")  # platform.processor() is empty on Linux
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
