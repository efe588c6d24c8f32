"""Ticks, labels and styles for the values of parameters."""

from numbers import Real

import numpy as np

from skdigits.displays._axes import COLORS


def are_numbers(values):
    """Return whether all values are numbers."""
    return all(isinstance(value, Real) for value in values)


def short_text(value):
    """Format a value in at most 40 characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def name_optimizers(values):
    """Replace Keras optimizers and their configurations with their names.

    The settings that differ between optimizers of the same class are added: "SGD(momentum=0.9)".
    """
    optimizers = [_class_and_settings(value) for value in values]
    named = []
    for value, optimizer in zip(values, optimizers, strict=True):
        if optimizer is None:
            named.append(value)
            continue
        name, settings = optimizer
        others = [other[1] for other in optimizers if other and other[0] == name]
        differing = [
            f"{key}={short_text(setting)}"
            for key, setting in settings.items()
            if any(key not in other or other[key] != setting for other in others)
        ]
        named.append(f"{name}({', '.join(differing)})" if differing else name)
    return named


def _class_and_settings(value):
    """Return the class name and the settings of an optimizer, or None for any other value."""
    if isinstance(value, dict) and "class_name" in value:
        name, settings = value["class_name"], value.get("config", {})
    elif hasattr(value, "get_config") and not isinstance(value, type):
        name, settings = type(value).__name__, value.get_config()
    else:
        return None
    return name, {key: setting for key, setting in settings.items() if key != "name"}


def styles_for(values, are_lines):
    """Return a line style for each value, and a color scale if there are many numbers."""
    import matplotlib as mpl

    too_many = len(values) > len(COLORS) or (len(values) > 2 and not are_lines)
    if too_many and are_numbers(values):
        norm = (mpl.colors.LogNorm if _is_geometric(values) else mpl.colors.Normalize)(
            min(values), max(values)
        )
        scale = mpl.cm.ScalarMappable(norm, "viridis")
        return [{"color": scale.to_rgba(value), "marker": "o"} for value in values], scale
    styles = [
        {
            "color": COLORS[number % len(COLORS)],
            "marker": "osD^v"[number % 5],
            "label": short_text(value),
        }
        for number, value in enumerate(values)
    ]
    return styles if len(values) > 1 else [styles[0] | {"label": None}], None


def _is_geometric(values):
    """Return whether numbers are closer to a geometric than to an arithmetic sequence."""
    values = np.unique(np.asarray(values, dtype=float))
    if len(values) < 3 or values[0] <= 0:
        return len(values) == 2 and values[0] > 0 and values[1] >= 10 * values[0]
    steps, factors = np.diff(values), np.diff(np.log(values))
    return factors.std() / factors.mean() < steps.std() / steps.mean()


def mark_values(axes, values):
    """Set the scale and ticks of the horizontal axis; non-numbers are at 0, 1 and so on."""
    if not are_numbers(values):
        names = [short_text(value) for value in dict.fromkeys(values)]
        inches = 0.09 * sum(2 + len(name) for name in names)
        are_long = inches > axes.get_window_extent().width / axes.figure.dpi
        rotated = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if are_long else {}
        axes.set_xticks(range(len(names)), names, **rotated)
        return
    is_geometric = _is_geometric(values)
    values = np.unique(np.asarray(values, dtype=float))
    distances = np.diff(np.log(values) if is_geometric else values)
    if is_geometric:
        from matplotlib.ticker import LogLocator, NullLocator

        axes.set_xscale("log")
        subs = (1, 2, 5) if values[-1] < 300 * values[0] else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=subs))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    if len(values) > 1 and distances.min() > 0.1 * distances.sum():  # there is room for all labels
        axes.set_xticks(values, [f"{value:.4g}" for value in values])
