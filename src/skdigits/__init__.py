"""Fast scikit-learn-compatible neural networks for handwritten digits."""

__version__ = "0.1.0"

from skdigits._estimators.conv import ConvDigitClassifier
from skdigits._estimators.dense import DenseDigitClassifier
from skdigits._estimators.reduced import ReducedDigitClassifier
from skdigits._images.normalizer import DigitImageNormalizer

__all__ = [
    "ConvDigitClassifier",
    "DenseDigitClassifier",
    "DigitImageNormalizer",
    "ReducedDigitClassifier",
]
