"""Draw the pictures of the guide: python docs/pictures.py docs/pictures.

The pictures of displays.md are the figures that its code draws. Sphinx runs this script before it
reads the pages, unless the pictures are up to date.
"""

import io
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import make_interp_spline

from skdigits import DigitImageNormalizer
from skdigits._images.background import uneven_foreground
from skdigits._images.segmentation import WORKING_SIDE, gray_values, segment

DOCS = Path(__file__).parent
DPI = 200
# Points that the pen passes through.
TWO = [105, 70, 190, 42, 232, 88, 190, 150, 120, 215, 78, 262, 150, 250, 248, 262]


def photo():
    """Draw a two on graph paper whose corner lies in the shade, as a camera would see it."""
    rng = np.random.default_rng(0)
    paper = Image.new("RGB", (320, 320), (246, 243, 234))
    draw = ImageDraw.Draw(paper)
    for line in range(18, 320, 40):
        draw.line([(line, 0), (line, 320)], fill=(150, 178, 205), width=2)
        draw.line([(0, line), (320, line)], fill=(150, 178, 205), width=2)
    points = np.reshape(TWO, (-1, 2))
    steps = np.linspace(0, len(points) - 1, 300)
    for x, y in make_interp_spline(range(len(points)), points)(steps):
        draw.ellipse((x - 6, y - 6, x + 6, y + 6), fill=(32, 38, 92))
    y, x = np.mgrid[0:320, 0:320] / 320
    light = 1 - 0.72 * np.exp(-(np.hypot(x - 1, y - 1) ** 2) / 0.3)
    values = np.asarray(paper.rotate(1.5, Image.Resampling.BICUBIC, fillcolor=(246, 243, 234)))
    values = values * light[:, :, None] + rng.normal(0, 4, (320, 320, 1))
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.8)).save(file, "JPEG", quality=80)
    return Image.open(file)


def draw_normalizer(path):
    """Draw the steps in which the normalizer converts a photo."""
    image = photo()
    gray = gray_values(image.resize((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BILINEAR))
    steps = {
        "photo": image,
        "uneven light removed": uneven_foreground(gray)[0],
        "lines removed": segment(gray, "auto"),
        "28 x 28 pixels": DigitImageNormalizer().transform([image])[0].reshape(28, 28),
    }
    figure, axes = plt.subplots(1, len(steps), figsize=(8, 2.25), layout="constrained")
    for ax, (title, values) in zip(axes, steps.items(), strict=True):
        ax.imshow(values, cmap="gray")
        ax.set_title(title, fontsize="medium")
        ax.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=DPI)


def draw_page(page, folder):
    """Run the code of a page, and save each figure under the file name that the page uses."""
    namespace, figures = {}, []
    parts = re.finditer(
        r"^```python\n(.*?)^```$|^```\{figure\} pictures/(\S+)$", page.read_text(), re.M | re.S
    )
    for part in parts:
        code, name = part.groups()
        if name:
            plt.figure(figures.pop(0)).savefig(folder / name, dpi=DPI)
            continue
        known = plt.get_fignums()
        exec(compile(code, page.name, "exec"), namespace)
        figures = [number for number in plt.get_fignums() if number not in known]


def main(folder):
    """Draw all pictures into a folder."""
    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    draw_normalizer(folder / "normalizer.png")
    draw_page(DOCS / "displays.md", folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
