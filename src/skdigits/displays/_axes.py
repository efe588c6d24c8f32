"""Where displays draw: axes of their own, or those that they are given."""

import numpy as np


def panels(ax, n_rows=1, n_columns=1, *, size):
    """Axes of a grid of panels.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes or None
        One for each panel; or one that is divided among them; or None for a new figure.
    n_rows, n_columns : int, default=1
    size : (float, float)
        Width and height of a new figure in inches.

    Returns
    -------
    axes : ndarray of Axes, of shape (n_rows, n_columns)

    Raises
    ------
    ValueError
        If `ax` are some, but not as many as there are panels.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=size, layout="constrained")
        return figure.subplots(n_rows, n_columns, squeeze=False)
    given = np.ravel(np.asarray(ax, dtype=object))
    if len(given) == n_rows * n_columns:
        return given.reshape(n_rows, n_columns)
    if len(given) > 1:
        raise ValueError(
            f"ax must be one Axes or {n_rows * n_columns}, one for each panel; got {len(given)}"
        )
    whole = given[0]
    whole.set_axis_off()
    place = whole.get_subplotspec()
    if place is None:  # one that was put at a place of its own
        box = whole.get_position()
        grid = whole.figure.add_gridspec(
            n_rows, n_columns, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1
        )
    else:
        grid = place.subgridspec(n_rows, n_columns)
    return np.array(
        [
            [whole.figure.add_subplot(grid[row, column]) for column in range(n_columns)]
            for row in range(n_rows)
        ]
    )


def colours():
    """Colours for lines, which everybody can tell apart: Okabe and Ito's, the dark ones first."""
    import matplotlib as mpl

    names = ("black", "orange", "sky", "green", "yellow", "blue", "vermilion", "purple")
    of_name = dict(zip(names, mpl.color_sequences["okabe_ito"], strict=True))
    return [of_name[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky")]
