"""Plots of a study's networks: PNG files that contain their captions."""

import re

import joblib

from skdigits._utils import atomic_write, make_folder, warn
from skdigits.studies.data import images

CAPTION = "Description"  # a predefined keyword of PNG


def draw_plots(study, output, results, quick):
    """Draw the plots that a study declares to the folder ``plots/<study>``.

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
        If the study yields anything but captions and displays or figures.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    folder = _folder(study, output)
    outdated = set(folder.glob("*.png"))
    if study.plots is not None:
        make_folder(folder)
        with plt.ioff():
            plots = study.plots(_load_models(output, results), images(study.split, quick))
            for number, (caption, display) in enumerate(plots):
                figure = getattr(display, "figure_", display)
                if not isinstance(caption, str) or not isinstance(figure, Figure):
                    raise TypeError(
                        f"plots of study {study.name} must yield captions and displays (or "
                        f"figures); got {caption!r} and {display!r}"
                    )
                slug = re.sub("[^a-z0-9]+", "-", caption.lower()).strip("-")
                path = folder / f"{number:02}-{slug[:60]}.png"
                with atomic_write(path) as unfinished:
                    figure.savefig(unfinished, format="png", dpi=110, metadata={CAPTION: caption})
                plt.close(figure)
                outdated.discard(path)
    for path in outdated:
        path.unlink(missing_ok=True)  # another run in this folder may have deleted it


def saved_plots(study, output):
    """List the files and captions of a study's plots, in order; leave out others with a warning."""
    from PIL import Image

    plots = []
    for path in sorted(_folder(study, output).glob("*.png")):
        try:
            with Image.open(path) as plot:
                plot.load()
                plots.append((path, plot.info[CAPTION]))
        except (PermissionError, IsADirectoryError):
            raise
        except Exception as error:  # whatever Pillow raises about a damaged image
            reason = f"{type(error).__name__}: {error}"
            warn(f"leaving out the plot {path} ({reason}): reproduce study {study.name} again")
    return plots


def _load_models(output, results):
    """The fitted estimators of the first seed, by row name."""
    saved = results.reindex(columns=["network", "seed", "model"])
    saved = saved[saved.seed == 0].dropna(subset="model").drop_duplicates("network")
    return {row.network: joblib.load(output / row.model) for row in saved.itertuples()}


def _folder(study, output):
    return output / "plots" / study.name
