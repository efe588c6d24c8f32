"""Fast scikit-learn-compatible neural networks for handwritten digits."""

__version__ = "0.1.0"

from skdigits._estimators.conv import ConvDigitClassifier
from skdigits._estimators.dense import DenseDigitClassifier
from skdigits._estimators.normalizer import DigitImageNormalizer, SeveralDigitsWarning
from skdigits._estimators.progress_bar import ProgressBar
from skdigits._estimators.reduced import ReducedDigitClassifier
from skdigits._training.cpu import enable_onednn
from skdigits._training.network_pool import clear_network_pool

__all__ = [
    "ConvDigitClassifier",
    "DenseDigitClassifier",
    "DigitImageNormalizer",
    "ProgressBar",
    "ReducedDigitClassifier",
    "SeveralDigitsWarning",
    "clear_network_pool",
]

enable_onednn()

# Saved models name this module, so the private modules may move.
for _public in (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ProgressBar,
    ReducedDigitClassifier,
    SeveralDigitsWarning,
):
    _public.__module__ = __name__
