"""Every example in docstrings, README and docs runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import skdigits

ROOT = Path(__file__).parent.parent
MODULES = [
    module.name
    for module in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
    if not module.name.endswith("__main__")
]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", skdigits.__all__)
def test_public_classes_have_an_example(name):
    assert ">>>" in getattr(skdigits, name).__doc__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_of_pages(page, tmp_path, monkeypatch):
    """The blocks of a page run one after the other, as a reader would run them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace = {"__name__": "__main__"}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(compile(block, str(page), "exec"), namespace)


def test_pages_link_to_files_that_exist():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            source = re.sub(r"^gallery/(plot_\w+)\.rst$", r"../examples/\1.py", target)
            source = source.replace("gallery/index.rst", "../examples/README.txt")
            assert (page.parent / source).exists(), f"{page.name}: {target}"
