"""Where and with what displays draw: axes of their own or given ones, colours, options."""

import numpy as np

# The palette of Okabe and Ito, whose colours differ for everybody; the dark ones first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def panels(ax, n_rows=1, n_columns=1, *, size):
    """Axes of a grid of panels.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes or None
        One for each panel; or an empty one that is divided among them; or None for a new figure.
    n_rows, n_columns : int, default=1
    size : (float, float)
        Width and height of a new figure in inches.

    Returns
    -------
    axes : ndarray of Axes, of shape (n_rows, n_columns)

    Raises
    ------
    TypeError
        If `ax` is not matplotlib Axes.
    ValueError
        If `ax` are some, but not as many as there are panels, or one is to be divided that was
        drawn on or divided before.
    """
    from matplotlib.axes import Axes

    n_panels = n_rows * n_columns
    if ax is None:
        import matplotlib.pyplot as plt

        # Of images, "constrained" would cut off labels: their axes shrink to keep their aspect.
        figure = plt.figure(figsize=size, layout="compressed")
        return figure.subplots(n_rows, n_columns, squeeze=False)
    given = np.ravel(np.asarray(ax, dtype=object))
    if not all(isinstance(one, Axes) for one in given):
        raise TypeError(f"ax must be matplotlib Axes; got {ax!r}")
    wanted = "one Axes" if n_panels == 1 else f"one Axes or {n_panels}, one for each panel"
    if len(given) not in (1, n_panels):
        raise ValueError(f"ax must be {wanted}; got {len(given)}")
    if len(set(given)) < len(given):
        raise ValueError(f"ax must be {wanted}; got the same one several times")
    if len(given) == n_panels:
        return given.reshape(n_rows, n_columns)
    whole = given[0]
    if whole.has_data() or not whole.axison:
        raise ValueError(
            f"ax must be {wanted}; got one that was drawn on or divided before: give a new one, or "
            "the panels that it was divided into"
        )
    return _divided(whole, n_rows, n_columns)


def _divided(whole, n_rows, n_columns):
    whole.set_axis_off()
    place = whole.get_subplotspec()
    space = {} if whole.figure.get_layout_engine() else {"wspace": 0.35, "hspace": 0.35}
    if place is None:  # one that was put at a place of its own
        box = whole.get_position()
        edges = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid = whole.figure.add_gridspec(n_rows, n_columns, **edges, **space)
    else:
        grid = place.subgridspec(n_rows, n_columns, **space)
    return np.array(
        [
            [whole.figure.add_subplot(grid[row, column]) for column in range(n_columns)]
            for row in range(n_rows)
        ]
    )


def line_options(own, given):
    """Options of lines: our own, but for those that are given, by whichever of their names."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return own | normalize_kwargs(given, Line2D)


def image_options(own, given):
    """Options of images, likewise; a `norm` takes the place of our limits."""
    if given.get("norm") is not None:
        own = {name: value for name, value in own.items() if name not in ("vmin", "vmax")}
    return own | given
