"""Plots of a study's networks: SVG files that contain their captions."""

import re
from xml.etree import ElementTree

import joblib

from skdigits._utils import atomic_write, make_folder, warn
from skdigits.studies.data import images
from skdigits.studies.report.svg import Picture, draw_svg, drawing_style


def draw_plots(study, output, results, quick):
    """Draw the plots that a study declares, and write them to ``plots/<study>``.

    Parameters
    ----------
    study : Study
    output : pathlib.Path
        Folder of its results.
    results : DataFrame
        Its rows.
    quick : bool
        Whether it was a quick run.

    Raises
    ------
    TypeError
        If the study yields anything but names, captions and displays or figures.
    """
    import matplotlib.pyplot as plt

    folder = _folder(study, output)
    outdated = set(folder.glob("*.svg"))
    if study.plots is not None:
        make_folder(folder)
        with plt.ioff(), drawing_style():
            plots = study.plots(_load_models(output, results), images(study.split, quick))
            for number, plot in enumerate(plots):
                network, caption, figure = _checked(study, plot)
                slug = re.sub("[^a-z0-9]+", "-", f"{network} {caption}".lower()).strip("-")
                path = folder / f"{number:02}-{slug[:60]}.svg"
                metadata = {"Title": caption, "Source": network}
                svg = draw_svg(figure, f"{study.name} {number}", **metadata)
                plt.close(figure)
                with atomic_write(path) as unfinished:
                    unfinished.write_text(svg, encoding="utf-8")
                outdated.discard(path)
    for path in outdated:
        path.unlink(missing_ok=True)  # another run in this folder may have deleted it


def _checked(study, plot):
    """Return the name, caption and figure that a study yielded."""
    from matplotlib.figure import Figure

    is_triple = isinstance(plot, tuple) and len(plot) == 3
    network, caption, display = plot if is_triple else (plot, None, None)
    figure = getattr(display, "figure_", display)
    is_text = isinstance(network, str) and isinstance(caption, str)
    if not is_text or not isinstance(figure, Figure):
        raise TypeError(
            f"plots of study {study.name} must yield names of networks, captions and displays (or "
            f"figures); got {plot!r}"
        )
    return network, caption, figure


def saved_plots(study, output):
    """List a study's plots, in order; leave out damaged ones with a warning.

    Parameters
    ----------
    study : Study
    output : pathlib.Path

    Returns
    -------
    plots : list of Picture
    """
    plots = []
    for path in sorted(_folder(study, output).glob("*.svg")):
        try:
            svg = path.read_text(encoding="utf-8")
            root = ElementTree.fromstring(svg)
            caption, network = _text(root, "title"), _text(root, "source")
        except (ElementTree.ParseError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            warn(f"leaving out the plot {path} ({reason}): reproduce study {study.name} again")
        else:
            plots.append(Picture(svg, caption, network))
    return plots


def _text(svg, name):
    """Return the text of an element of Dublin Core's vocabulary."""
    text = svg.findtext(f".//{{http://purl.org/dc/elements/1.1/}}{name}")
    if text is None:
        raise ValueError(f"it has no {name}")
    return text


def _load_models(output, results):
    """Return the fitted estimators of the first seed, by row name."""
    saved = results.reindex(columns=["network", "seed", "model"])
    saved = saved[saved.seed == 0].dropna(subset="model").drop_duplicates("network")
    return {row.network: joblib.load(output / row.model) for row in saved.itertuples()}


def _folder(study, output):
    return output / "plots" / study.name
