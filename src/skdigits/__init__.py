"""Fast scikit-learn-compatible neural networks for handwritten digits."""

__version__ = "0.1.0"

from skdigits._conv import ConvDigitClassifier
from skdigits._dense import DenseDigitClassifier
from skdigits._normalizer import DigitImageNormalizer
from skdigits._reduced import ReducedDigitClassifier

__all__ = [
    "ConvDigitClassifier",
    "DenseDigitClassifier",
    "DigitImageNormalizer",
    "ReducedDigitClassifier",
]
