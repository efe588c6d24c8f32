"""Every example in docstrings, README, docs and gallery runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

import skdigits

ROOT = Path(__file__).parent.parent
MODULES = [
    module.name
    for module in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
    if not module.name.endswith("__main__")
]
PUBLIC = [
    f"skdigits{part}.{name}"
    for part in ("", ".datasets", ".displays", ".networks", ".studies")
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


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run code as a script of a user would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace = {"__name__": "__main__"}

    def run(source, name):
        exec(compile(source, str(name), "exec"), namespace)

    yield run
    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_of_pages(page, run):
    """The blocks of a page run one after the other, as a reader would run them."""
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        run(block, page)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples(example, run):
    """With one epoch a fit; the docs are built from them as they are."""
    run(re.sub(r'(epochs"?[=:] ?)\d+', r"\g<1>1", example.read_text()), example)


def test_pages_link_to_files_that_exist():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            source = re.sub(r"^gallery/(plot_\w+)\.rst$", r"../examples/\1.py", target)
            source = source.replace("gallery/index.rst", "../examples/README.txt")
            assert (page.parent / source).exists(), f"{page.name}: {target}"
