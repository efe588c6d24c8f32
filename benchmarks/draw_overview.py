"""Draw the README's picture: speed and accuracy of skdigits compared with other libraries.

Read the times from `results/fit.json` and the accuracies from the table in `docs/studies.md`; write
`docs/overview-light.svg` and `docs/overview-dark.svg`.

    python benchmarks/draw_overview.py
"""

import json
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

ROOT = Path(__file__).parent.parent
NETWORKS = {
    "784-700 sigmoid": "784-700-10\nbatches of 32",
    "784-128-128 relu": "784-128-128-10\nbatches of 128",
    "784-32 sigmoid": "784-32-10\nbatches of 128",
}
LIBRARIES = ["skdigits", "Keras", "scikeras", "skorch", "MLPClassifier"]
# Name in the table -> name in the picture, index of the labeled point, and offset of the label.
CLASSIFIERS = {
    "MLPClassifier": ("MLPClassifier", -1, (6, 2)),
    "RandomForestClassifier": ("RandomForestClassifier", -1, (6, 2)),
    "SVC(C=5)": ("SVC(C=5)", 2, (-42, -7)),
    "dense": ("DenseDigitClassifier", -1, (6, -2)),
    "convolutional": ("ConvDigitClassifier", -1, (6, 0)),
}
THEMES = {
    "light": {"text": "#1f2328", "ours": "#0072b2", "others": "#a0a7af"},
    "dark": {"text": "#e6edf3", "ours": "#56b4e9", "others": "#6e7681"},
}


def slowdowns():
    """Load the epoch time of each library relative to that of skdigits, by network."""
    rows = json.loads((ROOT / "benchmarks/results/fit.json").read_text())["rows"]
    return {
        network: {
            row["library"]: row.get("x epoch", 1) for row in rows if row["network"] == network
        }
        for network in NETWORKS
    }


def errors():
    """Parse the table of test accuracies: the test error in %, by classifier and images."""
    page = (ROOT / "docs/studies.md").read_text()
    table = page.partition("| training images |")[2].partition("\n\n")[0].replace("*", "")
    sizes, _, *rows = [re.split(r" *\| *", line.strip("| ")) for line in table.splitlines()]
    sizes = [int(size.replace(",", "")) for size in sizes]
    return {
        name: [(n, 100 - float(cell)) for n, cell in zip(sizes, cells, strict=False) if cell]
        for name, *cells in rows
    }


def draw_speed(axes, theme):
    height = 0.0
    ticks = []
    for times in slowdowns().values():
        ticks.append(height + (len(LIBRARIES) - 1) / 2)
        for library in LIBRARIES:
            color = theme["ours"] if library == "skdigits" else theme["others"]
            axes.barh(height, times[library], color=color, height=0.8)
            label = library if library == "skdigits" else f"{library}  x {times[library]:.1f}"
            weight = "bold" if library == "skdigits" else "normal"
            axes.text(times[library] + 0.15, height, label, va="center", weight=weight, size=8)
            height += 1
        height += 0.8
    axes.set_yticks(ticks, NETWORKS.values())
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set(xlim=(0, 16), xticks=[], title="Time per epoch, dense networks")
    axes.spines["bottom"].set_visible(False)


def draw_accuracy(axes, theme):
    found = errors()
    for name, (label, position, offset) in CLASSIFIERS.items():
        ours = name in ("convolutional", "dense")
        color = theme["ours"] if name == "convolutional" else theme["text" if ours else "others"]
        axes.plot(
            *zip(*found[name], strict=True),
            marker="o" if ours else None,
            markersize=4,
            linewidth=2 if ours else 1.2,
            color=color,
        )
        axes.annotate(
            label,
            found[name][position],
            offset,
            textcoords="offset points",
            va="center",
            size=8,
            weight="bold" if ours else "normal",
            color=color if ours else theme["text"],
        )
    for images, error in found["convolutional"]:
        axes.annotate(
            f"{error:.1f}",
            (images, error),
            (-6, -9),
            textcoords="offset points",
            ha="center",
            size=8,
        )
    sizes = [images for images, _ in found["convolutional"]]
    axes.set(xscale="log", yscale="log", xlabel="training images", xlim=(60, None), ylim=(0.3, 40))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    axes.grid(color=theme["others"], alpha=0.25, linewidth=0.6)
    axes.set_title("Test error on MNIST, %")


def draw(theme):
    style = {
        "font.size": 9,
        "axes.facecolor": "none",
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "overview",
    }
    colored = ["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"]
    with mpl.rc_context(style | dict.fromkeys(colored, theme["text"])):
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        draw_speed(left, theme)
        draw_accuracy(right, theme)
        return figure


def main():
    for name, theme in THEMES.items():
        path = ROOT / "docs" / f"overview-{name}.svg"
        draw(theme).savefig(path, transparent=True, metadata={"Date": None})
        print(f"written to {path}")


if __name__ == "__main__":
    main()
