"""Every example in docstrings, README, docs and gallery runs; pages show the actual output.

In README and docs, the output of a Python block follows it as a block of text.
"""

import copy
import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import distributed
import joblib
import pytest
from matplotlib import pyplot as plt

import skdigits
from skdigits.datasets import fetch_mnist
from skdigits.studies import data

ROOT = Path(__file__).parent.parent
MODULES = [
    module.name
    for module in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
    if not module.name.endswith("__main__")
]
PUBLIC = [
    f"skdigits{part}.{name}"
    for part in ("", ".datasets", ".displays", ".networks", ".onnx", ".studies")
    for name in importlib.import_module(f"skdigits{part}").__all__
]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SLOW = {"clusters.md", "images.md", "studies.md"}  # their blocks take minutes
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
DECIMAL = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?")
SECONDS = re.compile(r"[\d.]+(?= s\b)|\d+:\d\d:\d\d")


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_an_example_and_are_in_the_api(name):
    module, _, name = name.rpartition(".")
    public = getattr(importlib.import_module(module), name)
    assert not callable(public) or ">>>" in public.__doc__
    sections = (ROOT / "docs" / "api.rst").read_text().split(".. currentmodule:: ")
    listed = [
        f"{section.split(maxsplit=1)[0]}.{word}"
        for section in sections[1:]
        for word in re.findall(r"^   (\w+)$", section, re.MULTILINE)
    ]
    assert f"{module}.{name}" in listed or f"``{module}.{name}``" in sections[-1]


FEWER = 20  # divisor of the numbers of images
SHORTER = {
    r'(epochs"?[=:] ?)\d+': r"\g<1>1",
    r"(n_iter=)\d+": r"\g<1>2",
    r"(\[\d+(?:, \d+){2})(?:, \d+)+\]": r"\g<1>]",  # candidates
    # Numbers of images, but at least one batch, since every batch size is compiled separately.
    r"(?<![\w.])(\d+_000|[1-9]000)(?![\w.]| \*)": lambda match: str(
        max(int(match[0]) // FEWER, 130)
    ),
}


@pytest.fixture(scope="session")
def few_images():
    """A stand-in for fetch_mnist that returns the first images of each part."""
    parts = {}

    def fetch_few(**options):
        key = tuple(sorted(options.items()))
        if key not in parts:
            mnist = fetch_mnist(**options)
            if isinstance(mnist, tuple):
                X, y = mnist
                parts[key] = X[: len(X) // FEWER].copy(), y[: len(y) // FEWER].copy()
            else:
                for name in ("data", "target", "frame", "images"):
                    if mnist[name] is not None:
                        mnist[name] = mnist[name][: len(mnist[name]) // FEWER].copy()
                parts[key] = mnist
        return copy.deepcopy(parts[key])

    return fetch_few


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run code like a user's script, but in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    start = distributed.LocalCluster
    one_thread = {"n_workers": 1, "processes": False}
    monkeypatch.setattr("distributed.LocalCluster", lambda **options: start(**options | one_thread))
    namespace = {"__name__": "__main__"}

    def run(source, name):
        with joblib.parallel_config(backend="sequential"):
            exec(compile(source, str(name), "exec"), namespace)

    data.images.cache_clear()
    yield run
    data.images.cache_clear()
    plt.close("all")


def assert_output(printed, shown):
    """Compare what a block printed with what its page shows.

    Decimal numbers may differ by 0.02 or 2%, since processors round differently, and seconds by
    any amount. Dots (...) stand for any text. Everything else has to be equal, apart from white
    space.
    """
    printed, shown = (SECONDS.sub("seconds", text) for text in (printed, shown))
    parts = re.findall(rf"{DECIMAL.pattern}|\.\.\.|\w+|\S", shown)
    pattern = r"\s*".join(
        ".*"
        if part == "..."
        else f"({DECIMAL.pattern})"
        if DECIMAL.fullmatch(part)
        else re.escape(part)
        for part in parts
    )
    match = re.fullmatch(rf"\s*{pattern}\s*", printed, re.DOTALL)
    assert match, printed
    numbers = [float(part) for part in parts if DECIMAL.fullmatch(part)]
    assert [float(number) for number in match.groups()] == pytest.approx(numbers, 0.02, 0.02)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] * (page.name in SLOW))
        for page in PAGES
    ],
)
def test_python_blocks_of_pages(page, run, capsys):
    """The blocks of a page run one after the other, and print what the page shows."""
    for block, output in BLOCK.findall(page.read_text()):
        capsys.readouterr()
        run(block, page)
        assert_output(capsys.readouterr().out, output)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("0.97 in 1.2 s", "0.98 in 30 s"),
        ("loss [2.31  0.5 ]", "loss [2.35 0.51]"),
        ("a\n  b 7", "a b 7"),
        ("fits: 2\nAMD\n0.51", "fits: 2\n...\n0.5"),
        ("", ""),
    ],
)
def test_output_may_differ_a_little(printed, shown):
    assert_output(printed, shown)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("0.95", "0.98"),
        ("64 units", "32 units"),
        ("0.97 True", "0.97"),
        ("32.5", "33.5"),
        ("a", ""),
    ],
)
def test_output_may_not_differ_more(printed, shown):
    with pytest.raises(AssertionError):
        assert_output(printed, shown)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples(example, run, few_images, monkeypatch):
    """The examples of the gallery run on fewer images, for one epoch."""
    monkeypatch.setattr("skdigits.datasets.fetch_mnist", few_images)
    monkeypatch.setattr("skdigits.studies.data.fetch_mnist", few_images)
    monkeypatch.setattr("skdigits._estimators.defaults.default_epochs", lambda *_: 1)
    source = example.read_text()
    for pattern, replacement in SHORTER.items():
        source = re.sub(pattern, replacement, source)
    run(source, example)


def test_study_in_the_readme_is_that_of_the_docs():
    rows = re.findall(r"^\| (?:MLP|best MLP|PCA|forest).*", PAGES[0].read_text(), re.MULTILINE)
    studies = (ROOT / "docs" / "studies.md").read_text()
    assert len(rows) == 6
    for number in DECIMAL.findall(" ".join(rows)):
        assert number in studies


def test_pages_link_to_files_that_exist():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        pictures = re.findall(r'src(?:set)?="([^":]+)"', page.read_text())
        for target in links + pictures:
            source = re.sub(r"^gallery/(plot_\w+)\.rst$", r"../examples/\1.py", target)
            source = source.replace("gallery/index.rst", "../examples/README.txt")
            assert (page.parent / source).exists(), f"{page.name}: {target}"
