"""Drop specks, and detect images of several digits."""

import numpy as np
from scipy import ndimage

SPECK = 0.05  # components smaller than this fraction of the largest are dropped
COMPARABLE = 0.6  # fraction of the largest height; shorter components are bars, not other digits
OVERLAP = 0.2  # largest overlap of digits side by side, as a fraction of the narrower one
WIDEST = 1.9  # largest ratio of width to height; wider shapes are digits that touch


def drop_specks(foreground):
    """Set small components to 0."""
    parts, n_parts = ndimage.label(foreground, np.ones((3, 3)))
    # A large faint shadow must not outweigh a digit.
    amounts = ndimage.sum_labels(foreground > 0.5, parts, np.arange(n_parts + 1))
    return np.where(amounts[parts] >= SPECK * amounts.max(), foreground, 0)


def shows_several_digits(foreground):
    """Return whether there are components of similar height side by side, or too wide a shape."""
    parts, _ = ndimage.label(foreground, np.ones((3, 3)))
    boxes = ndimage.find_objects(parts)
    tops, bottoms, lefts, rights = np.array(
        [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in boxes]
    ).T
    if rights.max() - lefts.min() > WIDEST * (bottoms.max() - tops.min()):
        return True
    heights, widths = bottoms - tops, rights - lefts
    high = np.flatnonzero(heights >= COMPARABLE * heights.max())
    high = high[np.argsort(lefts[high])]
    # Parts of a broken digit overlap horizontally: one is above the other.
    overlaps = rights[high[:-1]] - lefts[high[1:]]
    narrower = np.minimum(widths[high[:-1]], widths[high[1:]])
    return bool((overlaps <= OVERLAP * narrower).any())
