"""Figures as SVG, with text and axes in the text color of the page."""

import io
import re
from dataclasses import dataclass

INK = "#1b1c1e"  # stands for the text color of the page
STYLE = {
    "font.size": 8,
    "svg.fonttype": "none",
    **dict.fromkeys(("figure.facecolor", "axes.facecolor"), "none"),
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    **{f"boxplot.{part}.color": INK for part in ("boxprops", "whiskerprops", "capprops")},
    "boxplot.flierprops.markeredgecolor": INK,
}


@dataclass(frozen=True)
class Picture:
    """A chart or plot of the report.

    Parameters
    ----------
    svg : str
        An ``<svg>`` element.
    caption : str
    network : str, default=""
        Name of the network that it shows.
    """

    svg: str
    caption: str
    network: str = ""

    @property
    def width(self):
        """Natural width in CSS pixels."""
        points = re.search(r'<svg[^>]* width="([\d.]+)pt"', self.svg)[1]
        return round(float(points) * 4 / 3)


def drawing_style(options=()):
    """Return a context in which to draw figures for `draw_svg`, with additional options."""
    import matplotlib as mpl

    return mpl.rc_context(STYLE | dict(options))


def draw_svg(figure, salt, **metadata):
    """Convert a figure to an ``<svg>`` element.

    Parameters
    ----------
    figure : matplotlib Figure
        Drawn in `drawing_style`, which must still be active.
    salt : str
        Makes the references inside the element unique on the page, and the same in every run.
    **metadata : str
        Dublin Core metadata, such as ``Title``.

    Returns
    -------
    svg : str
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": salt}):
        text = io.StringIO()
        figure.savefig(text, format="svg", dpi=200, metadata={"Date": None, **metadata})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace(INK, "currentColor")
