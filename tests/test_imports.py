"""The import rules of the house."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skdigits

PACKAGE = Path(skdigits.__file__).parent
MODULES = {
    ".".join(("skdigits", *path.relative_to(PACKAGE).with_suffix("").parts)): path
    for path in PACKAGE.rglob("*.py")
}
ESTIMATOR_MODULES = {
    *("skdigits._base", "skdigits._fitting", "skdigits._dense", "skdigits._conv"),
    *("skdigits._reduced", "skdigits._normalizer"),
    *(f"skdigits.{name}" for name in skdigits.__all__),
}


IN_TENSORFLOW = {
    "skdigits.networks",
    *(
        f"skdigits.{name}"
        for name in (
            *("_compiled", "_gradients", "_links", "_augmentation", "_hashing", "_threads"),
        )
    ),
}


def imports(path, *, nested=True):
    """Modules that a file imports; without `nested`, only when it is itself imported."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if nested else tree.body
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_only_networks_and_the_compiled_loop_import_tensorflow():
    importers = {
        name
        for name, path in MODULES.items()
        if {module.split(".")[0] for module in imports(path)} & {"tensorflow", "keras"}
    }
    assert importers == IN_TENSORFLOW | {"skdigits._conv"}  # looks for a GPU while training


def test_who_trains_imports_late():
    training = IN_TENSORFLOW | {"skdigits._training"}
    for name in MODULES.keys() - training:
        assert not imports(MODULES[name], nested=False) & training, name


@pytest.mark.parametrize(
    "module",
    [
        *("networks", "_training", "_compiled", "_gradients", "_links", "_augmentation"),
        *("_hashing", "_threads", "_architecture", "_inference", "_convolution", "_ink"),
        *("_samples", "_schedules", "_state", "_progress", "datasets"),
    ],
)
def test_lower_modules_know_no_estimator(module):
    assert not imports(PACKAGE / f"{module}.py") & ESTIMATOR_MODULES


@pytest.mark.parametrize("package", ["skdigits.studies", "skdigits.displays"])
def test_studies_and_displays_use_the_public_api_only(package):
    for name, path in MODULES.items():
        if name.startswith(package):
            private = {
                module for module in imports(path) if "skdigits" in module and "._" in module
            }
            assert not {module for module in private if not module.startswith(f"{package}.")}, name


def test_importing_skdigits_is_light():
    code = "import sys, skdigits, skdigits.datasets; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"tensorflow", "keras", "matplotlib", "scikeras", "PIL"} & set(loaded)
