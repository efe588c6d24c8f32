"""Drop specks, and recognize several digits."""

import numpy as np
from scipy import ndimage

SPECK = 0.05  # components smaller than this fraction of the largest are dropped
COMPARABLE = 0.6  # of the height of the highest component: other digits, not bars of a digit
OVERLAP = 0.2  # of the width of the narrower component: digits that stand side by side
WIDEST = 1.9  # widths per height of a digit; more are digits that touch


def drop_specks(foreground):
    """Set small components to 0."""
    parts, n_parts = ndimage.label(foreground, np.ones((3, 3)))
    # A large faint shadow must not outweigh a digit.
    amounts = ndimage.sum_labels(foreground > 0.5, parts, np.arange(n_parts + 1))
    return np.where(amounts[parts] >= SPECK * amounts.max(), foreground, 0)


def shows_several_digits(foreground):
    """Whether components of comparable height stand side by side, or all are wider than a digit."""
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
    # Parts of a broken digit overlap: they lie above each other.
    overlaps = rights[high[:-1]] - lefts[high[1:]]
    narrower = np.minimum(widths[high[:-1]], widths[high[1:]])
    return bool((overlaps <= OVERLAP * narrower).any())
