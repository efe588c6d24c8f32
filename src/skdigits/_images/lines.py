"""Remove the lines of ruled and graph paper."""

import numpy as np
from scipy import ndimage

from skdigits._images.background import border_of

FAINT = 0.25  # fraction of Otsu's threshold: fainter lines do no harm
SLOPES = np.arange(-12, 13) / 160  # up to 4 degrees, in steps of one pixel in 160
REACH = 0.85  # a line covers this fraction of the image, including the strokes that cross it
VISIBLE = 0.5  # and this fraction without them
THICKEST = 0.04  # largest thickness of a line, as a fraction of the shorter side
SMOOTHED = 0.04  # fraction of the image to average along a line, against noise and gaps


def remove_lines(foreground, threshold):
    """Remove thin straight lines across the image, and keep the strokes that cross them."""
    noise = 2 * np.median(np.abs(np.diff(foreground, axis=1)))
    threshold = max(FAINT * threshold, 3 * noise)
    if not (border_of(foreground) > threshold).any():
        return foreground
    return _remove_horizontal(_remove_horizontal(foreground, threshold).T, threshold).T


def _remove_horizontal(foreground, threshold):
    """Remove horizontal lines."""
    thickest = max(2, round(THICKEST * min(foreground.shape)))
    # An opening keeps everything taller than the thickness of a line: strokes, vertical lines.
    thin = foreground - ndimage.grey_opening(foreground, (thickest + 2, 1))
    length = max(1, round(SMOOTHED * foreground.shape[1]))
    thin = ndimage.uniform_filter1d(thin, length, axis=1, mode="nearest") > threshold
    drawn = foreground > threshold
    on_line = _find_lines(thin, drawn)
    if not (on_line & thin & drawn).any():
        return foreground
    runs = _run_lengths(drawn)
    of_lines = on_line & thin & drawn
    # Lines between two rows of pixels are half as dark as others.
    thickness, level = np.median(runs[of_lines]), np.quantile(foreground[of_lines], 0.9)
    # Strokes are taller than the line, or darker.
    is_stroke = runs > thickness + 2
    darker = foreground[foreground > 1.3 * level]
    if len(darker) > foreground.size / 500:
        is_stroke |= foreground > (level + np.median(darker)) / 2
    removed = on_line & ~is_stroke
    cleaned = np.where(removed, 0, foreground)
    # Bridge the gaps in strokes.
    closed = ndimage.grey_closing(cleaned, (int(thickness) + 4, 1))
    return np.where(removed, closed, cleaned)


def _find_lines(thin, drawn):
    """Return the mask of straight lines, and of the strokes on them."""
    height, width = drawn.shape
    higher = np.ones((3, 1))  # a line may wander between rows
    thin = ndimage.binary_dilation(thin, higher)
    if thin.sum(axis=1).max() < VISIBLE * width / 4:  # an oblique line is spread over rows
        return np.zeros_like(drawn)
    drawn = ndimage.binary_dilation(drawn, higher) | thin
    y, x = np.nonzero(drawn)
    is_thin = thin[y, x]
    on_line = np.zeros_like(drawn)
    for slope in SLOPES:
        # The row in which a line of this slope passes the middle of the image.
        middle = np.rint(y - slope * (x - width / 2)).astype(int)
        inside = (middle >= 0) & (middle < height)
        covered = np.bincount(middle[inside], minlength=height)
        visible = np.bincount(middle[inside & is_thin], minlength=height)
        is_line = (covered >= REACH * width) & (visible >= VISIBLE * width)
        if is_line.any():
            inside[inside] = is_line[middle[inside]]
            on_line[y[inside], x[inside]] = True
    return ndimage.binary_dilation(on_line, higher)


def _run_lengths(mask):
    """Count the pixels of the vertical run that each pixel of a mask belongs to."""
    labels, n_labels = ndimage.label(mask, [[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    counts = np.bincount(labels.ravel(), minlength=n_labels + 1)
    counts[0] = 0
    return counts[labels]
