"""Pictures of a study's networks: PNG files that carry their captions."""

import re

import joblib

from skdigits._utils import atomic_write
from skdigits.studies._images import images

CAPTION = "Description"  # a keyword that the PNG standard has for it


def draw_pictures(study, output, results, quick):
    """Draw the pictures that a study declares into the folder ``pictures/<study>``.

    Parameters
    ----------
    study : Study
    output : pathlib.Path
        Folder of its results.
    results : DataFrame
        Its rows.
    quick : bool
        Whether they are of fewer images.

    Raises
    ------
    TypeError
        If the study yields something else.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    folder = _folder(study, output)
    before = set(folder.glob("*.png"))
    if study.pictures is not None:
        folder.mkdir(parents=True, exist_ok=True)
        saved = results.reindex(columns=["network", "seed", "model"])
        saved = saved[saved.seed == 0].dropna(subset="model").drop_duplicates("network")
        models = {row.network: joblib.load(output / row.model) for row in saved.itertuples()}
        with plt.ioff():
            parts = images(study.split, quick)
            for number, (caption, display) in enumerate(study.pictures(models, parts)):
                figure = getattr(display, "figure_", display)
                if not isinstance(caption, str) or not isinstance(figure, Figure):
                    raise TypeError(
                        f"pictures of study {study.name} must yield captions and displays (or "
                        f"figures); got {caption!r} and {display!r}"
                    )
                slug = re.sub("[^a-z0-9]+", "-", caption.lower()).strip("-")
                path = folder / f"{number:02}-{slug[:60]}.png"
                with atomic_write(path) as unfinished:
                    figure.savefig(unfinished, format="png", dpi=110, metadata={CAPTION: caption})
                plt.close(figure)
                before.discard(path)
    for path in before:  # of another version of the study
        path.unlink()


def pictures_of(study, output):
    """Files of a study's pictures with their captions, in their order."""
    from PIL import Image

    found = []
    for path in sorted(_folder(study, output).glob("*.png")):
        with Image.open(path) as picture:
            found.append((path, picture.info[CAPTION]))
    return found


def _folder(study, output):
    return output / "pictures" / study.name
