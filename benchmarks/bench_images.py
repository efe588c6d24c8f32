"""Accuracy on synthetic drawings of digits, with and without the normalizer.

A default `ConvDigitClassifier` trained on MNIST predicts digits drawn by Pillow: in its own font
and as strokes of a pen, 10 to 1,000 pixels wide, thin and thick, off-centre, slanted, dark on light
and light on dark, coloured and noisy. The images pass through `DigitImageNormalizer`, or are only
converted to grey and resized to 28 x 28 pixels.

    python benchmarks/bench_images.py [--repetitions 4]
"""

import argparse

import numpy as np
from common import table, write_json
from PIL import Image, ImageDraw, ImageFont
from sklearn.pipeline import make_pipeline

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
KINDS = {
    "plain": {},
    "thin": {"thickness": 0.015},
    "thick": {"thickness": 0.22},
    "off-centre": {"margin": (0.1, 3)},
    "slanted": {"slant": 0.35},
    "light on dark": {"colours": ("white", "black")},
    "coloured": {"colours": ("#8a1538", "#f4e9c1")},
    "noisy": {"colours": ("#404040", "#c8c8c8"), "noise": 15},
}
WIDTHS = (10, 28, 100, 300, 1000)  # of the box around the digit, in pixels


def pen(digit, width, rng, thickness, slant):
    """Draw the mask of a digit with a pen: 255 in the digit, 0 elsewhere."""
    scale = 4 if width < 100 else 1  # draw small digits larger and average them
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
        before, behind = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * behind, 0.25 * before + 0.75 * behind], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points


def printed(digit, width, slant):
    """Draw the mask of a digit in Pillow's font."""
    font = ImageFont.load_default(1.8 * width)
    mask = Image.new("L", (2 * width, 3 * width), 0)
    ImageDraw.Draw(mask).text((width / 2, width / 2), str(digit), fill=255, font=font)
    shear = (1, slant, -slant * width, 0, 1, 0)
    return mask.transform(mask.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)


def image(
    digit,
    width,
    rng,
    *,
    font,
    thickness=0.1,
    slant=0.0,
    margin=(0.2, 0.2),
    colours=("black", "white"),
    noise=0,
):
    """Draw an image of a digit."""
    mask = printed(digit, width, slant) if font else pen(digit, width, rng, thickness, slant)
    before = rng.uniform(0.1, margin[0], 2) if margin[0] > 0.1 else np.full(2, margin[0])
    left, top = (before * width).astype(int)
    size = (mask.width + left + int(margin[1] * width), mask.height + top + int(margin[1] * width))
    picture = Image.new("RGB", size, colours[1])
    picture.paste(Image.new("RGB", mask.size, colours[0]), (left, top), mask)
    if noise:
        noisy = np.asarray(picture) + rng.normal(0, noise, (*picture.size[::-1], 1))
        picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return picture


def resized(pictures):
    """Convert to grey, resize to 28 x 28 and invert if light: the baseline."""
    rows = []
    for picture in pictures:
        grey = np.asarray(picture.convert("L").resize((28, 28)), np.uint8)
        rows.append((255 - grey if np.median(grey) > 127 else grey).ravel())
    return np.array(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repetitions", type=int, default=4, help="images per digit, kind and width (default: 4)"
    )
    options = parser.parse_args()
    X, y = fetch_mnist(return_X_y=True)
    classifier = ConvDigitClassifier(random_state=0).fit(X, y)
    with_normalizer = make_pipeline(DigitImageNormalizer(), classifier)
    rows = []
    for source in ("pen", "font"):
        for kind, parameters in KINDS.items():
            if source == "font" and "thickness" in parameters:
                continue  # fonts have their own thickness
            rng = np.random.default_rng(0)
            right = {"with": [], "without": []}
            for width in WIDTHS:
                digits = np.tile(np.arange(10), options.repetitions)
                pictures = [
                    image(digit, width, rng, font=source == "font", **parameters)
                    for digit in digits
                ]
                right["with"] += list(with_normalizer.predict(pictures) == digits)
                right["without"] += list(classifier.predict(resized(pictures)) == digits)
            rows.append(
                {
                    "drawn with": source,
                    "kind": kind,
                    "images": len(right["with"]),
                    "without": float(np.mean(right["without"])),
                    "with": float(np.mean(right["with"])),
                }
            )
            table([rows[-1]], rows[0].keys())
    total = sum(row["images"] for row in rows)
    overall = {
        which: sum(row[which] * row["images"] for row in rows) / total
        for which in ("without", "with")
    }
    print(
        f"accuracy on {total} images: {overall['without']:.3f} without the normalizer, "
        f"{overall['with']:.3f} with it"
    )
    write_json("images", {"rows": rows, "overall": overall, "widths": WIDTHS, "seed": 0})


if __name__ == "__main__":
    main()
