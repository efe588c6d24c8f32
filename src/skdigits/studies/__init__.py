"""Reproduce published studies of MNIST networks."""

from skdigits._utils import require

require("skdigits.studies", "jinja2", "keras", "matplotlib", "pandas", "rich", "tensorflow")

from skdigits.studies.data import Split
from skdigits.studies.declared import STUDIES
from skdigits.studies.runner import load_fits, load_results, reproduce
from skdigits.studies.spec import Curve, Network, Published, Search
from skdigits.studies.study import Study
from skdigits.studies.system_info import environment

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
