"""Estimate the background of an image in uneven light."""

import numpy as np
from scipy import ndimage

WINDOW = 0.3  # size of the closing, as a fraction of the longer side: wider than any stroke
DARKEST = 0.05  # smallest background to divide by


def border_of(values):
    """Return the values along the border of an image."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def even_foreground(gray, dark):
    """Subtract one gray level, the median of the border, from all pixels."""
    background = np.median(border_of(gray))
    return np.clip(background - gray if dark else gray - background, 0, None)


def uneven_foreground(gray, dark=None):
    """Subtract a background that varies; also return whether the digit is dark.

    If `dark` is None, the polarity whose background is more even is chosen.
    """
    trend = _trend(gray)
    polarities = (True, False) if dark is None else (dark,)
    backgrounds = {dark: _background(gray, trend, dark) for dark in polarities}
    dark = min(backgrounds, key=lambda dark: np.abs(backgrounds[dark] - trend).mean())
    background = backgrounds[dark]
    if not dark:
        return np.clip(gray - background, 0, None), dark
    # In the shade, ink and paper differ less.
    return np.clip(background - gray, 0, None) / np.maximum(background, DARKEST), dark


def _background(gray, trend, dark):
    """Fill dark (or light) shapes that are narrower than the window."""
    window = 2 * round(WINDOW * max(gray.shape) / 2) + 1
    fill, nearer = (
        (ndimage.grey_closing, np.minimum) if dark else (ndimage.grey_opening, np.maximum)
    )
    # The median keeps single bright pixels from raising the background.
    gray = ndimage.median_filter(gray, 3, mode="nearest")
    # The first follows the edge of a shadow, the second a dark corner. Filling only moves values
    # away from the image, so the estimate that is nearer to the image is right.
    filled = nearer(
        fill(gray, (window, window), mode="nearest"),
        fill(gray - trend, (window, window), mode="nearest") + trend,
    )
    return ndimage.gaussian_filter(filled, window / 24, mode="nearest")


def _trend(gray):
    """Fit a quadratic surface to the background, without the digit."""
    y, x = (np.linspace(-1, 1, side) for side in gray.shape)
    y, x = (values.ravel() for values in np.meshgrid(y, x, indexing="ij"))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    values = gray.ravel()
    step = max(1, values.size // 4000)
    sample, target = terms[::step], values[::step]
    kept = np.ones(len(target), bool)
    for _ in range(5):
        coefficients = np.linalg.lstsq(sample[kept], target[kept], rcond=None)[0]
        residuals = target - sample @ coefficients
        spread = np.median(np.abs(residuals))
        kept = np.abs(residuals) <= 3 * spread  # not the digit
    return (terms @ coefficients).reshape(gray.shape)
