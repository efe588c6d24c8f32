"""Every example in docstrings, README, docs and gallery runs."""

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


FEWER = 20  # one image in so many
SHORTER = {
    r'(epochs"?[=:] ?)\d+': r"\g<1>1",
    r"(n_trials=|n_iter=|max_resources=)\d+": r"\g<1>2",
    r"(min_resources=|in range\()\d+": r"\g<1>1",
    r"(\[\d+(?:, \d+){2})(?:, \d+)+\]": r"\g<1>]",  # candidates
    # Numbers of images; not less than a batch, as every size of a batch is compiled by itself.
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
def run(tmp_path, monkeypatch, few_images):
    """Run code as a script of a user would, on fewer images, for one epoch, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr("skdigits.datasets.fetch_mnist", few_images)
    monkeypatch.setattr("skdigits.studies.data.fetch_mnist", few_images)
    start = distributed.LocalCluster
    one_thread = {"n_workers": 1, "processes": False}
    monkeypatch.setattr("distributed.LocalCluster", lambda **options: start(**options | one_thread))
    namespace = {"__name__": "__main__"}

    def run(source, name):
        for pattern, replacement in SHORTER.items():
            source = re.sub(pattern, replacement, source)
        with joblib.parallel_config(backend="sequential"):
            exec(compile(source, str(name), "exec"), namespace)

    data.images.cache_clear()
    yield run
    data.images.cache_clear()
    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_of_pages(page, run):
    """The blocks of a page run one after the other, as a reader would run them."""
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        run(block, page)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples(example, run):
    run(example.read_text(), example)


def test_pages_link_to_files_that_exist():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            source = re.sub(r"^gallery/(plot_\w+)\.rst$", r"../examples/\1.py", target)
            source = source.replace("gallery/index.rst", "../examples/README.txt")
            assert (page.parent / source).exists(), f"{page.name}: {target}"
