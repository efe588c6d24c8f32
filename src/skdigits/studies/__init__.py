"""Published studies of MNIST networks, and what reproduces them."""

from skdigits.studies._catalogue import STUDIES
from skdigits.studies._environment import environment
from skdigits.studies._images import Split
from skdigits.studies._runner import load_fits, load_results, reproduce
from skdigits.studies._study import Curve, Network, Published, Search, Study

__all__ = [
    "STUDIES",
    "Curve",
    "Network",
    "Published",
    "Search",
    "Split",
    "Study",
    "environment",
    "load_fits",
    "load_results",
    "reproduce",
]
