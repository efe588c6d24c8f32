"""Published studies of MNIST networks, and what reproduces them."""

from skdigits.studies import cnn, experiments
from skdigits.studies._environment import environment
from skdigits.studies._runner import reproduce
from skdigits.studies._study import Network, Published, Study

STUDIES = {study.name: study for study in (experiments.STUDY, cnn.STUDY)}

__all__ = ["STUDIES", "Network", "Published", "Study", "environment", "reproduce"]
