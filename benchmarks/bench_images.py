"""Accuracy on drawings and photos of digits, with and without the normalizer.

A default `ConvDigitClassifier` trained on MNIST predicts digits that Pillow draws: with a pen, in
fonts, and from MNIST's own handwriting. They are thin or thick, off-center, slanted, colored,
noisy, unevenly lit, on ruled or graph paper, and in simulated photos. The images pass through
`DigitImageNormalizer`, or are only converted to grayscale and resized to 28 x 28 pixels. For images
of two or three digits, measure how often the normalizer warns; for all others, how often it does so
by mistake.

The normalizer was not tuned on these seeds, fonts and handwriting, nor on the light of a lamp.
`--tuning` draws the images that it was tuned on.

    python benchmarks/bench_images.py [--repetitions 4] [--tuning]
"""

import argparse
import io
import time
import warnings
from pathlib import Path

import numpy as np
from common import table, write_json
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from skdigits import ConvDigitClassifier, DigitImageNormalizer
from skdigits.datasets import fetch_mnist

# Strokes of handwritten digits in a box of 1 x 1.5.
STROKES = {
    0: [
        [(0.5, 0), (0.15, 0.25), (0, 0.75), (0.2, 1.3), (0.55, 1.5), (0.9, 1.2), (1, 0.7), (0.5, 0)]
    ],
    1: [[(0.2, 0.3), (0.5, 0), (0.5, 1.5)]],
    2: [[(0.05, 0.35), (0.3, 0), (0.8, 0.05), (0.9, 0.5), (0.45, 1), (0, 1.5), (1, 1.45)]],
    3: [[(0.1, 0.1), (0.6, 0), (0.9, 0.3), (0.4, 0.7), (0.95, 1), (0.7, 1.45), (0.05, 1.4)]],
    4: [[(0.55, 0), (0, 0.9), (1, 0.9)], [(0.75, 0.4), (0.7, 1.5)]],
    5: [[(0.9, 0), (0.2, 0), (0.1, 0.65), (0.6, 0.55), (0.95, 0.95), (0.7, 1.45), (0.05, 1.4)]],
    6: [[(0.8, 0), (0.25, 0.5), (0, 1.1), (0.35, 1.5), (0.9, 1.3), (0.85, 0.9), (0.1, 1)]],
    7: [[(0, 0.05), (1, 0), (0.4, 1.5)]],
    8: [
        [(0.85, 0.2), (0.4, 0), (0.15, 0.3), (0.85, 1.05), (0.55, 1.5), (0.1, 1.2), (0.85, 0.2)],
    ],
    9: [[(0.9, 0.3), (0.5, 0), (0.1, 0.35), (0.4, 0.75), (0.9, 0.35), (0.75, 1.5)]],
}
PHOTO = {"ink": (20, 110), "noise": 6, "light": "any", "margin": (1, 1), "photo": True}
KINDS = {
    "plain": {},
    "thin": {"thickness": 0.015},
    "thick": {"thickness": 0.22},
    "off-center": {"margin": (0.1, 3)},
    "slanted": {"slant": 0.35},
    "light on dark": {"colors": ("white", "black")},
    "colored": {"colors": ("#8a1538", "#f4e9c1")},
    "noisy": {"colors": ("#404040", "#c8c8c8"), "noise": 15},
    "light from one side": {"light": "gradient"},
    "dark corner": {"light": "corner"},
    "vignette": {"light": "vignette"},
    "edge of a shadow": {"light": "edge"},
    "light of a lamp": {"light": "lamp"},
    "ruled paper": {"paper": "ruled", "ink": (20, 110), "margin": (1, 1)},
    "graph paper": {"paper": "graph", "ink": (20, 110), "margin": (1, 1)},
    "photo": PHOTO,
    "photo, ruled paper": PHOTO | {"paper": "ruled"},
    "photo, graph paper": PHOTO | {"paper": "graph"},
    "two digits": {"n_digits": 2},
    "three digits": {"n_digits": 3},
    "photo, two digits": PHOTO | {"n_digits": 2},
}
SOURCES = ("pen", "font", "handwriting")
LIGHTS = ("gradient", "corner", "vignette", "edge")
FONTS = ("DejaVuSerif.ttf", "DejaVuSansMono.ttf", "STIXGeneral.ttf")  # of matplotlib
WIDTHS = (10, 28, 100, 300)  # of the box around the digit, in pixels
WIDTHS_OF_SCENES = (40, 80, 200)


class Artist:
    """Draws images of digits, for tuning or for the final results."""

    def __init__(self, tuning):
        self.seed = 0 if tuning else 2024
        self.lights = LIGHTS if tuning else (*LIGHTS, "lamp")
        fonts = Path(get_data_path()) / "fonts" / "ttf"
        self.fonts = [None] if tuning else [str(fonts / name) for name in FONTS]
        X, y = fetch_mnist(subset="train" if tuning else "test", return_X_y=True)
        self.handwriting = [X[y == digit].reshape(-1, 28, 28) for digit in range(10)]

    def mask(self, source, digit, width, rng, thickness=0.1, slant=0.0):
        """Draw the mask of a digit: 255 in the digit, 0 elsewhere."""
        if source == "pen":
            return pen(digit, width, rng, thickness, slant)
        if source == "font":
            return printed(digit, width, slant, self.fonts[rng.integers(len(self.fonts))])
        return handwritten(self.handwriting[digit], width, rng)

    def image(
        self,
        source,
        digits,
        width,
        rng,
        *,
        margin=(0.2, 0.2),
        colors=("black", "white"),
        ink=None,
        noise=0,
        light=None,
        paper=None,
        photo=False,
        **options,
    ):
        """Draw an image of digits side by side."""
        mask = beside([self.mask(source, digit, width, rng, **options) for digit in digits], rng)
        before = rng.uniform(0.1, margin[0], 2) if margin[0] > 0.1 else np.full(2, margin[0])
        left, top = (before * width).astype(int)
        after = int(margin[1] * width)
        picture = Image.new("RGB", (mask.width + left + after, mask.height + top + after))
        picture.paste(colors[1], (0, 0, *picture.size))
        if paper:
            rule(picture, width, rng, paper)
        if ink:
            colors = (tuple(rng.integers(*ink, 3).tolist()),)
        picture.paste(colors[0], (left, top, left + mask.width, top + mask.height), mask)
        if photo:
            picture = turned(picture, rng.uniform(-3, 3))
        if light:
            light = self.lights[rng.integers(len(self.lights))] if light == "any" else light
            lit = np.asarray(picture) * illumination(light, picture.size, rng)[:, :, None]
            picture = Image.fromarray(lit.astype(np.uint8))
        return photographed(picture, noise, photo, rng) if noise else picture


def pen(digit, width, rng, thickness, slant):
    """Draw the mask of a digit with a pen."""
    scale = 4 if width < 100 else 1  # draw small digits 4 times as large, then shrink them
    unit = width * scale
    line = max(1, round(thickness * unit))
    pad = line + 0.4 * unit
    mask = Image.new("L", (round(unit + 2 * pad), round(1.5 * unit + 2 * pad)), 0)
    draw = ImageDraw.Draw(mask)
    for stroke in STROKES[digit]:
        points = np.array(stroke) + rng.normal(0, 0.02, (len(stroke), 2))
        points = smooth(points)
        points[:, 0] += slant * (0.75 - points[:, 1])
        points = [tuple(point) for point in points * unit + pad]
        draw.line(points, fill=255, width=line, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse([x - line / 2, y - line / 2, x + line / 2, y + line / 2], fill=255)
    return mask.resize([max(1, side // scale) for side in mask.size], Image.Resampling.BOX)


def smooth(points):
    """Smooth a stroke by Chaikin's corner cutting."""
    for _ in range(3):
        before, after = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points


def printed(digit, width, slant, font):
    """Draw the mask of a digit in a font; None stands for Pillow's default font."""
    size = 1.8 * width
    font = ImageFont.truetype(font, size) if font else ImageFont.load_default(size)
    mask = Image.new("L", (2 * width, 3 * width), 0)
    ImageDraw.Draw(mask).text((width / 2, width / 2), str(digit), fill=255, font=font)
    shear = (1, slant, -slant * width, 0, 1, 0)
    return mask.transform(mask.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)


def handwritten(images, width, rng):
    """Enlarge one of MNIST's images, with edges as sharp as those of a pen."""
    side = round(28 / 20 * 1.5 * width)
    image = Image.fromarray(images[rng.integers(len(images))])
    enlarged = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), float)
    steepness = max(1, side / 28 / 2)
    return Image.fromarray(np.clip((enlarged - 100) * steepness + 128, 0, 255).astype(np.uint8))


def beside(masks, rng):
    """Place the masks of digits side by side."""
    if len(masks) == 1:
        return masks[0]
    masks = [mask.crop(mask.getbbox()) for mask in masks]
    height = max(mask.height for mask in masks)
    gaps = (rng.uniform(0.1, 0.4, len(masks)) * height).astype(int)
    pad = height // 4
    width = sum(mask.width for mask in masks) + gaps[:-1].sum() + 2 * pad
    row = Image.new("L", (int(width), height + 2 * pad), 0)
    left = pad
    for mask, gap in zip(masks, gaps, strict=True):
        row.paste(mask, (left, pad + (height - mask.height) // 2))
        left += mask.width + int(gap)
    return row


def rule(picture, width, rng, paper):
    """Draw the lines of ruled or graph paper."""
    spacing = width * (rng.uniform(0.9, 2) if paper == "ruled" else rng.uniform(0.35, 0.8))
    thickness = max(1, round(width * rng.uniform(0.01, 0.035)))
    color = tuple(rng.integers((90, 110, 140), (180, 200, 225)).tolist())
    draw = ImageDraw.Draw(picture)
    offset = rng.uniform(0, spacing, 2)
    for y in np.arange(offset[1], picture.height, spacing):
        draw.line([(0, y), (picture.width, y)], fill=color, width=thickness)
    for x in np.arange(offset[0], picture.width, spacing) if paper == "graph" else ():
        draw.line([(x, 0), (x, picture.height)], fill=color, width=thickness)


def turned(picture, angle):
    """Rotate a picture by an angle in degrees, and crop the empty borders."""
    across, down = (round(0.05 * side) for side in picture.size)
    picture = picture.rotate(angle, resample=Image.Resampling.BICUBIC)
    return picture.crop((across, down, picture.width - across, picture.height - down))


def illumination(light, size, rng):
    """Return the brightness of the light on each pixel, from 0 to 1."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    x, y = x / size[0] - 0.5, y / size[1] - 0.5
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 0.75)
    along = x * np.cos(angle) + y * np.sin(angle)
    if light == "gradient":
        return 1 - depth * (along - along.min()) / np.ptp(along)
    if light == "corner":
        distance = np.hypot(x - rng.choice((-0.5, 0.5)), y - rng.choice((-0.5, 0.5)))
        return 1 - depth * np.exp(-((distance / rng.uniform(0.25, 0.5)) ** 2))
    if light == "vignette":
        return 1 - depth * (2 * (x**2 + y**2)) ** rng.uniform(0.8, 1.5)
    if light == "edge":
        shift, softness = rng.uniform(-0.25, 0.25), rng.uniform(0.02, 0.1)
        return 1 - depth / (1 + np.exp((along - shift) / softness))
    distance = np.hypot(x - rng.uniform(-0.4, 0.4), y - rng.uniform(-0.4, 0.4))
    return 1 / (1 + (distance / rng.uniform(0.4, 0.8)) ** 2)


def photographed(picture, noise, photo, rng):
    """Add noise and, to photos, also paper texture, blur and JPEG compression."""
    values = np.asarray(picture, float)
    if photo:
        texture = rng.normal(0, 4, [max(2, side // 8) for side in values.shape[:2]])
        texture = Image.fromarray(texture.astype(np.float32)).resize(picture.size)
        values = values + np.asarray(texture)[:, :, None]
    values = values + rng.normal(0, noise, (*values.shape[:2], 1))
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if not photo:
        return picture
    blurred = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    file = io.BytesIO()
    blurred.save(file, "JPEG", quality=int(rng.integers(30, 85)))
    return Image.open(file).convert("RGB")


def resized(pictures):
    """Convert to gray, resize to 28 x 28 and invert if light: the baseline."""
    rows = []
    for picture in pictures:
        gray = np.asarray(picture.convert("L").resize((28, 28)), np.uint8)
        rows.append((255 - gray if np.median(gray) > 127 else gray).ravel())
    return np.array(rows)


def normalized(pictures):
    """Normalize images one by one; also return which of them cause a several-digits warning."""
    rows, several = [], []
    for picture in pictures:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows.append(DigitImageNormalizer().transform([picture])[0])
        several.append(any("several" in str(warning.message) for warning in caught))
    return np.array(rows), several


def measure(artist, classifier, source, kind, repetitions):
    """Measure the share of warnings, the time and, for single digits, the accuracy."""
    parameters = dict(KINDS[kind])
    n_digits = parameters.pop("n_digits", 1)
    if source == "handwriting" and {"thickness", "slant"} & set(parameters):
        return None  # handwriting has its own thickness and slant
    if source == "font" and "thickness" in parameters:
        return None
    rng = np.random.default_rng([artist.seed, SOURCES.index(source), list(KINDS).index(kind)])
    right, without, warned, seconds = [], [], [], 0
    is_drawing = list(KINDS).index(kind) < list(KINDS).index("light from one side")
    for width in WIDTHS if is_drawing else WIDTHS_OF_SCENES:
        digits = np.tile(np.arange(10), repetitions)
        others = rng.integers(0, 10, (len(digits), n_digits - 1))
        pictures = [
            artist.image(source, [digit, *rest], width, rng, **parameters)
            for digit, rest in zip(digits, others.tolist(), strict=True)
        ]
        start = time.perf_counter()
        rows, several = normalized(pictures)
        seconds += time.perf_counter() - start
        warned += several
        right += list(classifier.predict(rows) == digits)
        without += list(classifier.predict(resized(pictures)) == digits)
    row = {"drawn with": source, "kind": kind, "images": len(warned)}
    if n_digits == 1:
        row |= {"without": float(np.mean(without)), "with": float(np.mean(right))}
    return row | {
        "warned": float(np.mean(warned)),
        "ms per image": round(1000 * seconds / len(warned), 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repetitions", type=int, default=4, help="images per digit, kind and width (default: 4)"
    )
    parser.add_argument(
        "--tuning", action="store_true", help="draw the images that the normalizer was tuned on"
    )
    options = parser.parse_args()
    X, y = fetch_mnist(return_X_y=True)
    classifier = ConvDigitClassifier(random_state=0).fit(X, y)
    artist = Artist(options.tuning)
    rows = []
    columns = ("drawn with", "kind", "images", "without", "with", "warned", "ms per image")
    for kind in KINDS:
        for source in SOURCES:
            row = measure(artist, classifier, source, kind, options.repetitions)
            if row:
                rows.append(row)
                table([row], columns)
    results = {"rows": rows, "overall": overall(rows), "widths": WIDTHS, "seed": artist.seed}
    print(results["overall"])
    if not options.tuning:
        write_json("images", results)


def overall(rows):
    """Average the rows, weighted by their numbers of images."""

    def average(rows, column):
        return float(np.average([row[column] for row in rows], weights=[r["images"] for r in rows]))

    single = [row for row in rows if "with" in row]
    several = [row for row in rows if "with" not in row]
    return {
        "without": average(single, "without"),
        "with": average(single, "with"),
        "several digits warned": average(several, "warned"),
        "false alarms": average(single, "warned"),
    }


if __name__ == "__main__":
    main()
