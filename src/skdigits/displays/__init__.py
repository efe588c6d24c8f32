"""Plots that explain digit networks, in the style of scikit-learn's displays."""

from skdigits._utils import require

require("skdigits.displays", "matplotlib", "pandas")

from skdigits.displays._activations import ActivationDisplay
from skdigits.displays._confused_digits import ConfusedDigitsDisplay
from skdigits.displays._confusion_errors import ConfusionErrorDisplay
from skdigits.displays._mistakes import MistakesDisplay
from skdigits.displays._pixel_importance import PixelImportanceDisplay
from skdigits.displays._rejection_curve import RejectionCurveDisplay
from skdigits.displays._selected_pixels import SelectedPixelsDisplay
from skdigits.displays._sweep import SweepDisplay
from skdigits.displays._training_history import TrainingHistoryDisplay

__all__ = [
    "ActivationDisplay",
    "ConfusedDigitsDisplay",
    "ConfusionErrorDisplay",
    "MistakesDisplay",
    "PixelImportanceDisplay",
    "RejectionCurveDisplay",
    "SelectedPixelsDisplay",
    "SweepDisplay",
    "TrainingHistoryDisplay",
]
