"""Training prints only what was asked for; TensorFlow's own messages are silenced."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdigits._training.quiet import LEVEL, without_log_messages

DATA = """
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from skdigits import ConvDigitClassifier, DenseDigitClassifier

X, y = load_digits(return_X_y=True)
dense = DenseDigitClassifier(8, epochs=1, random_state=0)
conv = ConvDigitClassifier(2, epochs=1, precision="auto", random_state=0)
"""


def run(*arguments, **variables):
    """Run Python in a new process, without TensorFlow's log level unless `variables` set it."""
    environment = {name: value for name, value in os.environ.items() if name != LEVEL}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        env=environment | variables,
    )


@pytest.mark.parametrize(
    "code",
    [
        "dense.fit(X, y).to_keras()",
        "conv.fit(X, y)",
        "GridSearchCV(dense, {'learning_rate': [0.001, 0.01]}, cv=2, n_jobs=2).fit(X, y)",
    ],
    ids=["dense", "conv", "workers"],
)
def test_a_first_fit_prints_nothing(code):
    process = run("-c", DATA + code)
    assert (process.stdout, process.stderr) == ("", "")


def test_commands_print_their_results_only(tmp_path):
    X, y = load_digits(return_X_y=True)
    np.savez(tmp_path / "digits.npz", X=X, y=y)
    arguments = ["--set", "epochs=1", "--output", tmp_path / "digits.joblib"]
    process = run("-m", "skdigits", "train", tmp_path / "digits.npz", *arguments)
    assert "test accuracy" in process.stdout
    assert not process.stderr


MESSAGE = "I0000 00:00:1795730422.868286    6247 cudart_stub.cc:31] Could not find it.\n"


@pytest.mark.parametrize(
    ("level", "expected"),
    [(None, "before\nafter\n"), ("3", "before\nafter\n"), ("0", f"before\n{MESSAGE}after\n")],
)
def test_other_output_during_the_import_is_kept(level, expected, capfd, monkeypatch):
    """Keep the output of other libraries and threads, and messages that the user asked for."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv(LEVEL, raising=False)
    if level:
        monkeypatch.setenv(LEVEL, level)

    @without_log_messages()
    def fail():
        os.write(2, f"before\n{MESSAGE}after\n".encode())
        raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == expected
    assert os.environ[LEVEL] == (level or "3")


def test_import_without_a_temporary_folder(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setenv(LEVEL, "3")
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    with without_log_messages():
        imported = True
    assert imported


@pytest.mark.parametrize(
    ("code", "variables", "level"),
    [
        ("dense.fit(X, y)", {LEVEL: "1"}, "1"),
        ("import keras; dense.fit(X, y)", {}, "None"),
    ],
    ids=["set by the user", "imported earlier"],
)
def test_a_log_level_set_by_the_user_is_kept(code, variables, level):
    process = run("-c", f"{DATA}{code}\nimport os; print(os.environ.get({LEVEL!r}))", **variables)
    assert process.stdout.strip() == level
