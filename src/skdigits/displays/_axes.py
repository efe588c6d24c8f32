"""Axes, colors and drawing options of the displays."""

import numpy as np

# Okabe and Ito's palette, distinguishable for color-blind readers; dark colors first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def panels(ax, n_rows=1, n_columns=1, *, size):
    """Create or check the Axes of a grid of panels.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes or None
        One Axes per panel, or an empty one to divide into panels. None creates a figure.
    n_rows, n_columns : int, default=1
    size : (float, float)
        Width and height of a new figure in inches.

    Returns
    -------
    axes : ndarray of Axes, of shape (n_rows, n_columns)

    Raises
    ------
    TypeError
        If `ax` is neither a matplotlib Axes nor an array of them.
    ValueError
        If the number of Axes is wrong, or an Axes to divide is not empty.
    """
    from matplotlib.axes import Axes

    n_panels = n_rows * n_columns
    if ax is None:
        import matplotlib.pyplot as plt

        # "constrained" would cut off labels of images, whose axes shrink to keep their aspect.
        figure = plt.figure(figsize=size, layout="compressed")
        return figure.subplots(n_rows, n_columns, squeeze=False)
    given = np.ravel(np.asarray(ax, dtype=object))
    if not all(isinstance(one, Axes) for one in given):
        raise TypeError(f"ax must be a matplotlib Axes; got {ax!r}")
    wanted = "one Axes" if n_panels == 1 else f"one Axes or {n_panels} Axes, one per panel"
    if len(given) not in (1, n_panels):
        raise ValueError(f"ax must be {wanted}; got {len(given)}")
    if len(set(given)) < len(given):
        raise ValueError(f"ax must be {wanted}; got the same Axes several times")
    if len(given) == n_panels:
        return given.reshape(n_rows, n_columns)
    parent = given[0]
    if parent.has_data() or not parent.axison:
        raise ValueError(
            f"ax must be {wanted}; got one that is not empty: pass a new one, or the panels that "
            "it was divided into"
        )
    return _divide(parent, n_rows, n_columns)


def _divide(parent, n_rows, n_columns):
    parent.set_axis_off()
    place = parent.get_subplotspec()
    space = {} if parent.figure.get_layout_engine() else {"wspace": 0.35, "hspace": 0.35}
    if place is None:  # placed freely, not in a grid
        box = parent.get_position()
        edges = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid = parent.figure.add_gridspec(n_rows, n_columns, **edges, **space)
    else:
        grid = place.subgridspec(n_rows, n_columns, **space)
    return np.array(
        [
            [parent.figure.add_subplot(grid[row, column]) for column in range(n_columns)]
            for row in range(n_rows)
        ]
    )


def line_options(defaults, given):
    """Merge default options of lines with given ones, which may use matplotlib's aliases."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return defaults | normalize_kwargs(given, Line2D)


def image_options(defaults, given):
    """Merge default options of images with given ones; a `norm` replaces default limits."""
    if given.get("norm") is not None:
        defaults = {name: value for name, value in defaults.items() if name not in ("vmin", "vmax")}
    return defaults | given
