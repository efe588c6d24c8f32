"""Prediction with only the packages in requirements-serving.txt, and in server processes."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits

ROOT = Path(__file__).parent.parent
LEFT_OUT = ["jinja2", "keras", "matplotlib", "pandas", "rich", "skl2onnx", "tensorflow"]


def test_requirements_are_those_of_skdigits_without_what_is_left_out():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    serving = [
        line
        for line in (ROOT / "requirements-serving.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert serving == [
        requirement
        for requirement in project["dependencies"]
        if re.match("[a-z0-9-]+", requirement)[0] not in LEFT_OUT
    ]


# Other libraries look for pandas in sys.modules, so it cannot simply be set to None there.
LEAVE_OUT = f"""
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] not in {LEFT_OUT}:
            return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""


def serve(code, *arguments):
    """Run code in a new process, as if the packages that serving leaves out were not installed."""
    process = subprocess.run(
        [sys.executable, "-c", LEAVE_OUT + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A folder with saved models, samples, and the expected probabilities."""
    folder = tmp_path_factory.mktemp("served")
    for file in (ROOT / "tests" / "data" / "0.1.0").glob("*.joblib"):
        joblib.dump(joblib.load(file), folder / file.name)  # without compression, to map it
        shutil.copy(file.with_suffix(".npy"), folder)
    np.save(folder / "X.npy", load_digits().data[:20])
    return folder


LOAD = """
import os
from pathlib import Path
import joblib, numpy as np

folder = Path(sys.argv[1])
X = np.load(folder / "X.npy")

def load(name, **options):
    return joblib.load(folder / f"{name}.joblib", **options)

def check(name, model):
    expected = np.load(folder / f"{name}.npy")
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)
    assert (model.predict(X) == model.classes_[expected.argmax(axis=1)]).all()

NAMES = ["dense", "conv", "reduced", "pipeline"]

def in_forked_processes(function):
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            status = 1
            try:
                function()
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert not any(os.waitpid(child, 0)[1] for child in children)
"""


def test_models_predict_and_describe_themselves(served):
    code = """
for name in NAMES:
    model = load(name)
    check(name, model)
    assert "softmax" in model._repr_html_()
    network = model[-1] if name == "pipeline" else model
    assert "softmax" in str(network.summary())
    if name != "pipeline":
        assert len(network.activations(X)) == len(X)
"""
    serve(LOAD + code, served)


def test_images_are_normalized():
    code = """
import numpy as np
from PIL import Image
from skdigits import DigitImageNormalizer

image = Image.new("L", (40, 60), "white")
image.paste(0, (18, 10, 22, 50))
print(*np.flatnonzero(DigitImageNormalizer().transform([image]).reshape(28, 28).any(axis=0)))
"""
    assert serve(code) == ["13 14"]


TRAINING = (
    "training networks, or converting them to Keras, needs packages that are not installed: "
    "pip install keras tensorflow"
)
WHAT_TO_INSTALL = {
    "load('dense').fit(X, y)": TRAINING,
    "load('dense').set_params(warm_start=True).fit(X, y)": TRAINING,
    "load('dense').partial_fit(X, y)": TRAINING,
    "load('dense').to_keras()": TRAINING,
    "load('conv').fit(X, y)": TRAINING,
    "load('conv').to_keras()": TRAINING,
    "load('reduced').fit(X, y)": TRAINING,
    "load('pipeline').fit(X, y)": TRAINING,
    "import skdigits.networks": TRAINING,
    "import skdigits.displays": (
        "skdigits.displays needs packages that are not installed: pip install matplotlib pandas"
    ),
    "import skdigits.onnx": (
        "skdigits.onnx needs packages that are not installed: pip install skl2onnx"
    ),
    "import skdigits.studies": (
        "skdigits.studies needs packages that are not installed: "
        "pip install jinja2 keras matplotlib pandas rich tensorflow"
    ),
    "from skdigits.datasets import fetch_mnist; fetch_mnist(as_frame=True)": (
        "as_frame=True needs packages that are not installed: pip install pandas"
    ),
}


def test_errors_say_what_to_install(served):
    code = """
y = np.arange(len(X)) % 10
for statement in sys.argv[2:]:
    try:
        exec(statement)
    except ModuleNotFoundError as error:
        print(error)
"""
    assert serve(LOAD + code, served, *WHAT_TO_INSTALL) == list(WHAT_TO_INSTALL.values())


def test_forked_workers_predict_with_models_loaded_before(served):
    code = """
models = {name: load(name) for name in NAMES}

def check_all():
    for name, model in models.items():
        check(name, model)

check_all()  # starts the threads of BLAS, which do not survive the fork
in_forked_processes(check_all)
"""
    serve(LOAD + code, served)


def test_threads_predict_with_the_same_models(served):
    code = """
from concurrent.futures import ThreadPoolExecutor

models = {name: load(name) for name in NAMES}
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda name: check(name, models[name]), NAMES * 4))
"""
    serve(LOAD + code, served)


def test_processes_share_memory_mapped_models(served):
    code = """
def check_all():
    for name in NAMES:
        model = load(name, mmap_mode="r")
        network = {"reduced": lambda: model.classifier_, "pipeline": lambda: model[-1]}
        weights = network.get(name, lambda: model)().coefs_
        assert all(isinstance(array, np.memmap) for array in weights)
        check(name, model)

in_forked_processes(check_all)
"""
    serve(LOAD + code, served)
