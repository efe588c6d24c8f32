"""The import rules of the package, folder by folder."""

import ast
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

import skdigits

PACKAGE = Path(skdigits.__file__).parent
MODULES = {
    ".".join(("skdigits", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in PACKAGE.rglob("*.py")
}
LOWER_LAYERS = (
    "_training",
    "_inference",
    "_images",
    "networks",
    "datasets",
    "_architecture",
    "_utils",
)
ESTIMATORS = {f"skdigits.{name}" for name in skdigits.__all__}


@lru_cache
def imports(path, *, nested=True):
    """Modules that a file imports; without `nested`, only those outside of functions."""
    found, waiting = set(), [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if nested or not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_in(module, *folders):
    """Whether a module is one of the given modules or inside one of the given folders."""
    return any(f"{module}.".startswith(f"skdigits.{folder}.") for folder in folders)


def for_modules(*folders, inside):
    """Run a test for each module inside, or outside, of some modules and folders."""
    for folder in folders:
        assert any(is_in(name, folder) for name in MODULES), f"{folder} was renamed"
    names = [name for name in MODULES if is_in(name, *folders) == inside]
    return pytest.mark.parametrize("name", names)


@for_modules("_training", "networks", inside=False)
def test_only_training_and_networks_import_tensorflow(name):
    found = {module.split(".")[0] for module in imports(MODULES[name])}
    assert not found & {"tensorflow", "keras"}


def imports_tensorflow(name):
    """Whether importing a module imports TensorFlow, itself or through other modules."""
    waiting, seen = {name}, set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        early = imports(MODULES[module], nested=False)
        if {imported.split(".")[0] for imported in early} & {"tensorflow", "keras"}:
            return True
        waiting |= (early & MODULES.keys()) - seen
    return False


@for_modules("_training", "networks", inside=False)
def test_tensorflow_is_imported_late(name):
    """Importing a module outside of training and networks imports no TensorFlow."""
    assert not imports_tensorflow(name)


def test_training_imports_tensorflow():
    assert imports_tensorflow("skdigits._training.trainer")
    assert imports_tensorflow("skdigits.networks")


@for_modules("_compat", inside=False)
def test_private_scikit_learn_is_imported_in_one_file(name):
    private = {
        module
        for module in imports(MODULES[name])
        if module.split(".")[0] in ("sklearn", "joblib", "keras", "tensorflow")
        and ("._" in module or ".externals" in module)
    }
    assert not private


@for_modules("_inference", inside=True)
def test_prediction_needs_inference_only(name):
    ours = {module for module in imports(MODULES[name]) if module.startswith("skdigits")}
    assert all(is_in(module, "_inference", "_architecture") for module in ours)
    others = {module.split(".")[0] for module in imports(MODULES[name])} - {"skdigits"}
    assert others <= {"numpy", "scipy", "threadpoolctl", *sys.stdlib_module_names}


@for_modules(*LOWER_LAYERS, inside=True)
def test_lower_layers_import_no_estimator(name):
    found = imports(MODULES[name])
    assert not found & ESTIMATORS
    assert not {module for module in found if is_in(module, "_estimators")}


@for_modules("studies", "displays", "_commands", inside=True)
def test_applications_use_the_public_api_only(name):
    private = {module for module in imports(MODULES[name]) if "skdigits._" in module}
    assert all(is_in(module, "_utils", "_commands") for module in private)


@for_modules("__main__", "_commands", inside=False)
def test_only_the_entry_point_imports_commands(name):
    assert not any(is_in(module, "_commands") for module in imports(MODULES[name]))


def test_importing_skdigits_is_light():
    code = "import sys, skdigits, skdigits.datasets; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    heavy = {"tensorflow", "keras", "matplotlib", "scikeras", "PIL"}
    heavy |= {"onnx", "onnxruntime", "skl2onnx"}
    assert not heavy & set(loaded)
