"""The commands train, predict and evaluate."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageOps
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ReducedDigitClassifier,
)
from skdigits.__main__ import main

PAGE = Path(__file__).parent.parent / "docs" / "command-line.md"
X, Y = load_digits(return_X_y=True)
X, Y = X[:300].astype(np.uint8), Y[:300]
TINY = {"hidden_layer_sizes": (8,), "epochs": 1, "batch_size": 64, "random_state": 0}
TINY_OPTIONS = shlex.split("--set hidden_layer_sizes=(8,) --set epochs=1 --set batch_size=64")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command; return its exit status and what it printed."""

    def run(line):
        try:
            status = main(shlex.split(line) if isinstance(line, str) else line)
        except SystemExit as error:  # of argparse
            status = error.code
        return status, *capsys.readouterr()

    return run


def assert_fails(result, message):
    """Check that a command failed, and printed one line to the standard error."""
    status, _, err = result
    assert status == 1
    assert err.startswith(f"skdigits: {message}")
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def fitted():
    """A classifier of 8 x 8 digits; do not modify it."""
    return DenseDigitClassifier(**TINY).fit(X, Y)


def draw(path, *, one):
    """Draw a 0 or a 1, dark on light, at a size that depends on the name."""
    side = 40 + 7 * (len(str(path)) + ord(path.stem[-1])) % 50
    image = Image.new("RGB", (side, side + 10), "white")
    box = [side // 3, 8, side // 3 * 2, side]
    pen = ImageDraw.Draw(image)
    pen.line(box, fill="navy", width=6) if one else pen.ellipse(box, outline="black", width=5)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@pytest.fixture
def drawings(folder):
    """Twelve drawings of each of 0 and 1 in sub-folders, with files that are not images."""
    for number in range(12):
        draw(folder / "drawings" / "0" / f"{number}.png", one=False)
        draw(folder / "drawings" / "1" / f"{number}.jpg", one=True)
    (folder / "drawings" / "notes.txt").write_text("ours")
    (folder / "drawings" / "1" / "notes.txt").write_text("ours")
    (folder / "drawings" / ".cache").mkdir()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A file with a classifier of images of 0 and 1."""
    folder = tmp_path_factory.mktemp("reader")
    paths = [folder / f"{number}.png" for number in range(20)]
    for number, path in enumerate(paths):
        draw(path, one=number % 2)
    parameters = TINY | {"epochs": 30, "batch_size": 8, "dropout": 0}
    classifier = DenseDigitClassifier(**parameters)
    classifier.fit(DigitImageNormalizer().transform(paths), [number % 2 for number in range(20)])
    joblib.dump(classifier, folder / "reader.joblib")
    return folder / "reader.joblib"


def test_documented_commands(run):
    """The commands print the output that the page shows, apart from numbers that vary."""
    page = PAGE.read_text()
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], {})
    examples = re.findall(r"```sh\nskdigits (.*?)\n```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert [line.split()[0] for line, _ in examples] == [
        *("train", "predict", "predict", "predict", "evaluate", "train"),
    ]
    for line, documented in examples:
        _, out, err = run(line)
        varying = r"\d+ \(\d+\)|[\d.,]+|-$" if line.startswith("evaluate") else r"\d+\.\d*(e-\d+)?"
        shapes = [
            re.sub(r"\s+", " ", re.sub(varying, "#", text, flags=re.MULTILINE))
            for text in (out + err, documented)
        ]
        assert shapes[0] == shapes[1], line


def forest():
    return SelectFromModel(RandomForestClassifier(), threshold=-np.inf, max_features=70)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--model dense --set epochs=1", DenseDigitClassifier(**TINY)),
        (
            "--model conv --set epochs=1 --set filters=[2] --set optimizer=sgd",
            ConvDigitClassifier(2, optimizer="sgd", image_shape=(8, 8), **TINY),
        ),
        (
            "--model pca --set classifier__epochs=1 --set reducer__n_components=5",
            ReducedDigitClassifier(PCA(5), DenseDigitClassifier(**TINY), random_state=0),
        ),
        (
            "--model forest --set classifier__epochs=1 --set reducer__max_features=9",
            ReducedDigitClassifier(
                forest().set_params(max_features=9), DenseDigitClassifier(**TINY), random_state=0
            ),
        ),
    ],
    ids=lambda value: value.split()[1] if isinstance(value, str) else "",
)
def test_train_equals_fit(options, expected, run):
    np.savez("digits.npz", X=X.reshape(-1, 8, 8), y=Y)
    part = "classifier__" if isinstance(expected, ReducedDigitClassifier) else ""
    if part:
        expected = clone(expected).set_params(classifier__random_state=None)
    status, out, err = run(
        f"train digits.npz {options} --set '{part}hidden_layer_sizes=(8,)' "
        f"--set {part}batch_size=64 --output digits.joblib"
    )
    assert (status, err) == (0, "")
    X_train, X_test, y_train, y_test = train_test_split(
        X, Y, test_size=30, stratify=Y, random_state=0
    )
    expected = clone(expected).fit(X_train, y_train)
    saved = joblib.load("digits.joblib")
    np.testing.assert_array_equal(saved.predict_proba(X_test), expected.predict_proba(X_test))
    lines = out.splitlines()
    assert lines[0] == "270 training and 30 test samples of 64 pixels"
    assert re.fullmatch(r"epoch 1/1  [\d.]+ s  loss .*", lines[1])
    assert lines[2:4] == [f"parameters     {expected.n_parameters_:,}", "epochs         1"]
    assert lines[4] == f"seconds        {saved.fit_time_:.1f}"
    assert lines[5:] == [
        f"test accuracy  {expected.score(X_test, y_test):.4f}",
        "saved to digits.joblib",
    ]


@pytest.mark.parametrize("model", ["dense", "conv", "pca", "forest"])
def test_train_saves_onnx(model, run):
    np.savez("digits.npz", X=X.reshape(-1, 8, 8), y=Y.astype(str))
    part = "classifier__" if model in ("pca", "forest") else ""
    options = f"--model {model} --set {part}hidden_layer_sizes=8 --set {part}epochs=1"
    options += " --set filters=2" if model == "conv" else ""
    for name in ("digits.joblib", "digits.ONNX"):
        status, out, err = run(f"train digits.npz {options} --output {name}")
        assert (status, err) == (0, "")
        assert out.endswith(f"saved to {name}\n")
    saved = joblib.load("digits.joblib")
    session = onnxruntime.InferenceSession("digits.ONNX")
    labels, probabilities = session.run(None, {"X": X.astype(np.float32)})
    np.testing.assert_allclose(probabilities, saved.predict_proba(X), rtol=0, atol=1e-5)
    assert labels.tolist() == saved.predict(X).tolist()


def test_onnx_needs_skl2onnx_before_training(run, monkeypatch):
    np.savez("digits.npz", X=X, y=Y)
    monkeypatch.delitem(sys.modules, "skdigits.onnx", raising=False)
    monkeypatch.setattr("skdigits._utils.find_spec", lambda name: None)
    assert run("train digits.npz --output digits.onnx") == (
        1,
        "",
        "skdigits: skdigits.onnx needs packages that are not installed: pip install skl2onnx "
        "onnxruntime\n",
    )


def test_train_on_csv(run, fitted):
    table = pd.DataFrame(X).assign(digit=Y)
    table.to_csv("digits.csv", index=False)
    pd.DataFrame(X[:50]).assign(label=Y[:50]).to_csv("test.csv", index=False)
    arguments = ["train", "digits.csv", "--label", "digit", "--output", "digits.joblib"]
    status, _, err = run([*arguments, *TINY_OPTIONS, "--test", "test.csv"])
    assert status == 1
    assert (
        "test.csv has no column 'digit'; name another with --label; found 0, 1, 2, 3, 4, ..." in err
    )
    table[:50].to_csv("test.csv", index=False)
    status, out, _ = run([*arguments, *TINY_OPTIONS, "--test", "test.csv"])
    assert status == 0
    assert "300 training and 50 test samples" in out
    assert f"test accuracy  {fitted.score(X[:50], Y[:50]):.4f}" in out
    np.testing.assert_array_equal(joblib.load("digits.joblib").predict(X), fitted.predict(X))
    status, out, _ = run("evaluate digits.joblib test.csv --label digit")
    assert status == 0
    assert "samples   50\n" in out


def test_mnist_has_its_own_test_images(run, monkeypatch):
    def fetch(subset, *, return_X_y):
        return (X, Y) if subset == "train" else (X[:40], Y[:40])

    monkeypatch.setattr("skdigits._commands.data.fetch_mnist", fetch)
    status, out, _ = run(["train", "mnist", "--output", "digits.joblib", *TINY_OPTIONS])
    assert status == 0
    assert "300 training and 40 test samples" in out
    assert "samples   40\n" in run("evaluate digits.joblib mnist")[1]


def test_train_on_folder_and_predict(run, drawings, folder):
    options = "--set hidden_layer_sizes=8 --set epochs=20 --set batch_size=8 --set dropout=0"
    status, out, _ = run(f"train drawings {options} --set verbose=False --output digits.joblib")
    assert status == 0
    assert out.startswith("22 training and 2 test samples of 784 pixels\nparameters ")
    draw(folder / "new zero.png", one=False)
    draw(folder / "new.bmp", one=True)
    saved = joblib.load("digits.joblib")
    assert saved.classes_.tolist() == [0, 1]
    probabilities = saved.predict_proba(
        DigitImageNormalizer().transform(["new zero.png", "new.bmp"])
    )
    status, out, err = run("predict digits.joblib 'new zero.png' new.bmp")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"new zero.png  0  {probabilities[0, 0]:.4f}",
        f"new.bmp       1  {probabilities[1, 1]:.4f}",
    ]
    status, out, _ = run("predict digits.joblib 'new zero.png' new.bmp --json")
    assert status == 0
    assert json.loads(out) == [
        {
            "path": path,
            "label": label,
            "several_digits": False,
            "probability": pytest.approx(row[label]),
            "probabilities": {"0": pytest.approx(row[0]), "1": pytest.approx(row[1])},
        }
        for label, (path, row) in enumerate(
            zip(["new zero.png", "new.bmp"], probabilities, strict=True)
        )
    ]


def test_labels_may_be_strings(run, folder, drawings, reader):
    model = joblib.load(reader)
    model.classes_ = np.array(["0", "one"])
    joblib.dump(model, "names.joblib")
    (folder / "drawings" / "1").rename(folder / "drawings" / "one")
    status, out, _ = run("evaluate names.joblib drawings")
    assert status == 0
    assert "one         12       0  -\n" in out
    (folder / "drawings" / "one").rename(folder / "zeros")
    assert run("evaluate names.joblib drawings")[0] == 0  # the folder has digits only
    assert run("predict names.joblib zeros/1.jpg")[1].startswith("zeros/1.jpg  one  ")


def test_evaluate_equals_scikit_learn(run, fitted):
    joblib.dump(fitted, "digits.joblib")
    np.savez("digits.npz", x=X, y=Y)
    status, out, err = run("evaluate digits.joblib digits.npz")
    assert (status, err) == (0, "")
    predicted = fitted.predict(X)
    lines = out.splitlines()
    assert lines[:4] == [
        "samples   300",
        f"accuracy  {accuracy_score(Y, predicted):.4f}",
        f"log loss  {log_loss(Y, fitted.predict_proba(X)):.4f}",
        "",
    ]
    assert lines[4] == "class  samples  errors  most often read as"
    for label, line in enumerate(lines[5:]):
        wrong = predicted[(predicted != Y) & (label == Y)]
        name, n_samples, n_errors, *most = line.split()
        assert [int(name), int(n_samples), int(n_errors)] == [label, sum(label == Y), len(wrong)]
        counts = np.bincount(wrong, minlength=10)
        assert most == ([str(counts.argmax()), f"({counts.max()})"] if len(wrong) else ["-"])


def test_prediction_never_imports_tensorflow(reader, drawings):
    code = (
        "import sys; from skdigits.__main__ import main; "
        f"status = main(['predict', {str(reader)!r}, 'drawings/0/0.png']); "
        f"status |= main(['evaluate', {str(reader)!r}, 'drawings']); "
        "print(status, *sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout
    status, *modules = output.decode().splitlines()[-1].split()
    assert status == "0"
    assert not {"tensorflow", "keras"} & set(modules)


def write_data(folder):
    """Write valid and invalid data files and folders."""
    np.savez("digits.npz", X=X, y=Y)
    np.savez("single.npz", X=X[:11], y=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9])
    np.savez("few.npz", X=X[:, :60], y=Y)
    np.savez("named.npz", images=X, labels=Y)
    np.savez("short.npz", X=X, y=Y[:7])
    np.savez("empty.npz", X=X[:0], y=Y[:0])
    np.savez("flat.npz", X=X[0], y=Y)
    np.savez("missing.npz", X=np.where(X == 0, np.nan, X), y=Y)
    np.savez("letters.npz", X=X, y=np.full(300, "a"))
    np.savez("objects.npz", X=np.array([{}, {}]), y=np.array([0, 1]))
    Path("damaged.npz").write_bytes(Path("digits.npz").read_bytes()[:500])
    np.save("array.npz.npy", X)
    Path("array.npz.npy").rename("array.npz")
    Path("digits.txt").write_text("0 1 2")
    Path("empty.csv").write_text("")
    Path("columns.csv").write_text("a,b\n1,2\n")
    Path("words.csv").write_text("label,a,b\n1,2,x\n")
    Path("unlabeled.csv").write_text("label,a\n1,2\n,3\n")
    Path("only.csv").write_text("label\n1\n")
    for name in ("plain", "empty/0", "text/0", "damaged/0"):
        (folder / name).mkdir(parents=True)
    Path("text/0/notes.txt").write_text("ours")
    Path("damaged/0/image.png").write_text("no image")


TRAIN_ERRORS = {
    "nothing": "nothing does not exist; expected mnist, an .npz file with arrays X and y, a .csv "
    "file with a column of labels, or a folder with one sub-folder of image files per class",
    "digits.txt": "digits.txt is of an unknown type; expected mnist, an .npz file",
    "plain": "plain must have one sub-folder of images per class; found none",
    "empty": "empty/0 must hold image files; found none",
    "text": "text/0 must hold image files; found none",
    "damaged": "damaged/0/image.png cannot be read as an image: cannot identify image file",
    "named.npz": "named.npz must hold the arrays X and y; found images, labels",
    "short.npz": "short.npz must hold one label per sample; got shapes (7,) and (300, 64)",
    "empty.npz": "empty.npz must hold samples with pixels; got shape (0, 64)",
    "flat.npz": "flat.npz must hold a numeric array X of shape (samples, pixels) or (samples, "
    "height, width); got uint8 of shape (64,)",
    "missing.npz": "missing.npz must hold finite pixels; some are missing or infinite",
    "objects.npz": "objects.npz must be an .npz file of arrays without Python objects: Object "
    "arrays cannot be loaded when allow_pickle=False",
    "damaged.npz": "damaged.npz must be an .npz file of arrays without Python objects: ",
    "array.npz": "array.npz must be an .npz file of arrays without Python objects: ",
    "empty.csv": "empty.csv cannot be read as CSV: No columns to parse from file",
    "columns.csv": "columns.csv has no column 'label'; name another with --label; found a, b",
    "words.csv": "words.csv must hold numbers in all columns except label; column 'b' does not",
    "unlabeled.csv": "unlabeled.csv must have a label for each sample; sample 2 has none",
    "only.csv": "only.csv must hold samples with pixels; got shape (1, 0)",
    "single.npz": "single.npz must have at least 2 samples of each class, one of them for testing; "
    "got 1 of class 0; add samples, or pass test samples with --test",
    "letters.npz": "cannot train: y must have at least 2 classes; got 1 class",
    "digits.npz --test few.npz": "few.npz must have 64 pixels per image, as in training; got 60",
    "digits.npz --test letters.npz": "letters.npz must have labels among 0, 1, 2, 3, 4, 5, 6, 7, "
    "8, 9; got a",
    "digits.npz --set epoch=3": "--set epoch is not a parameter of dense; try epochs, ",
    "digits.npz --model pca --set epochs=3": "--set epochs is not a parameter of pca; try "
    "classifier__epochs, ",
    "digits.npz --set epochs=-1": "cannot train: The 'epochs' parameter of DenseDigitClassifier "
    "must be an int in the range [1, inf) or None. Got -1 instead.",
    "digits.npz --set activation=red": "cannot train: The 'activation' parameter of",
    "digits.npz --model pca --set classifier=red --set classifier__epochs=3": "--set cannot be "
    "applied: 'str' object has no attribute 'set_params'",
    "digits.npz --output nowhere/digits.joblib": "--output must be in an existing folder; nowhere "
    "is not a folder",
    "digits.npz --output plain": "--output must be a file; plain is a folder",
}


@pytest.mark.parametrize("arguments", TRAIN_ERRORS)
def test_train_reports_errors_in_one_line(arguments, run, folder):
    write_data(folder)
    files = set(folder.rglob("*"))
    assert_fails(run(f"train --output digits.joblib {arguments}"), TRAIN_ERRORS[arguments])
    assert set(folder.rglob("*")) == files


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train digits.npz", "the following arguments are required: --output"),
        ("train --output x", "the following arguments are required: DATA"),
        ("train mnist --output x --model svm", "--model: invalid choice: 'svm'"),
        ("train mnist --output x --set epochs", "--set: must be NAME=VALUE; got epochs"),
        ("train mnist --output x --set =3", "--set: must be NAME=VALUE; got =3"),
        ("train mnist --output x --seed=-1", "--seed: must be an int from 0 to 2**32 - 1; got -1"),
        ("predict model.joblib", "the following arguments are required: IMAGE"),
        ("predict model.joblib a.png --threshold 90%", "--threshold: must be a number from 0 to 1"),
        ("predict model.joblib a.png --threshold nan", "--threshold: must be a number from 0 to 1"),
        ("evaluate model.joblib", "the following arguments are required: DATA"),
    ],
)
def test_invalid_arguments_are_usage_errors(arguments, message, run):
    status, out, err = run(arguments)
    assert (status, out) == (2, "")
    assert message in err


def unsupported(fitted):
    """Reduced classifier without probabilities."""
    return ReducedDigitClassifier(PCA(3), LinearSVC()).fit(X[:50], Y[:50])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda fitted: {"a": 1}, "must hold a DenseDigitClassifier, ConvDigitClassifier or "),
        (lambda fitted: LogisticRegression(), "and one of them; got LogisticRegression"),
        (clone, "model.joblib must hold a fitted DenseDigitClassifier"),
        (
            lambda fitted: make_pipeline(StandardScaler(), fitted),
            "or a pipeline of a DigitImageNormalizer and one of them; got a pipeline of "
            "StandardScaler, DenseDigitClassifier",
        ),
        (lambda fitted: GridSearchCV(fitted, {}), "and one of them; got GridSearchCV"),
        (
            lambda fitted: make_pipeline(DigitImageNormalizer(), clone(fitted)),
            "model.joblib must hold a fitted DenseDigitClassifier",
        ),
        (unsupported, "model.joblib must hold a classifier with predict_proba; got Reduced"),
    ],
)
def test_other_objects_are_refused_as_models(make, message, run, fitted):
    np.savez("digits.npz", X=X, y=Y)
    joblib.dump(make(fitted), "model.joblib")
    for arguments in ("predict model.joblib image.png", "evaluate model.joblib digits.npz"):
        status, out, err = run(arguments)
        assert_fails((status, out, err), "model.joblib must hold ")
        assert out == ""
        assert message in err


def test_files_without_a_model_are_reported(run):
    Path("text.joblib").write_text("no model")
    for name, message in {
        "missing.joblib": "missing.joblib cannot be read: No such file or directory",
        ".": ". cannot be read: Is a directory",
        "text.joblib": "text.joblib must be a model saved with joblib: ",
        "digits.onnx": "digits.onnx must be a model saved with joblib; got an ONNX file, which ",
    }.items():
        assert_fails(run(f"predict {name} image.png"), message)


def test_unreadable_images_do_not_stop_the_others(run, reader, folder, monkeypatch):
    draw(folder / "zero.png", one=False)
    Path("text.png").write_text("no image")
    Path("damaged.png").write_bytes(Path("zero.png").read_bytes()[:150])
    Image.new("L", (40, 40), "white").save("blank.png")
    Image.new("L", (400, 400), "white").save("large.png")
    for name, message in {
        "missing.png": "missing.png cannot be read as an image: No such file or directory",
        ".": ". cannot be read as an image: Is a directory",
        "text.png": "text.png cannot be read as an image: cannot identify image file 'text.png'",
        "damaged.png": "damaged.png cannot be read as an image: the image file 'damaged.png' is",
        "large.png": "large.png cannot be read as an image: Image size (160000 pixels) exceeds",
    }.items():
        if name == "large.png":
            monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 10_000)
        result = run(f"predict '{reader}' {name} zero.png blank.png")
        assert_fails(result, message)
        zero, blank = result[1].splitlines()
        assert re.fullmatch(r"zero\.png   0  0\.\d{4}", zero)
        assert blank == "blank.png  -  blank"


def test_warning_about_several_digits_names_the_file(run, reader):
    image = Image.new("L", (120, 60), "white")
    for left in (20, 80):
        ImageDraw.Draw(image).rectangle((left, 10, left + 8, 50), fill="black")
    image.save("eleven.png")
    message = "eleven.png shows several digits; crop it to a single digit"
    with pytest.warns(UserWarning, match=f"^{message}$"):
        status, out, _ = run(f"predict '{reader}' eleven.png --json")
    assert status == 0
    assert json.loads(out)[0]["several_digits"] is True
    with pytest.warns(UserWarning, match=f"^{message}$"):
        out = run(f"predict '{reader}' eleven.png --threshold 0")[1]
    assert out.startswith("eleven.png  ?  ")
    command = [sys.executable, "-m", "skdigits", "predict", reader, "eleven.png"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("eleven.png")
    assert shown.stderr == f"skdigits: warning: {message}\n"


def test_failed_images_have_an_error_in_json(run, reader, folder):
    draw(folder / "one.png", one=True)
    Image.new("L", (40, 40), "white").save("blank.png")
    status, out, err = run(f"predict '{reader}' blank.png missing.png one.png --json")
    assert status == 1
    message = "missing.png cannot be read as an image: No such file or directory"
    assert err == f"skdigits: {message}\n"
    blank, missing, one = json.loads(out)
    assert blank == {"path": "blank.png", "label": None, "error": "blank"}
    assert missing == {"path": "missing.png", "label": None, "error": message}
    assert one["label"] == 1
    result = run(f"predict '{reader}' blank.png missing.png")
    assert result == (1, "blank.png  -  blank\n", f"skdigits: {message}\n")


def test_uncertain_predictions_have_no_label(run, reader, folder):
    draw(folder / "zero.png", one=False)
    draw(folder / "one.png", one=True)
    certain = json.loads(run(f"predict '{reader}' zero.png one.png --json")[1])
    threshold = np.mean([record["probability"] for record in certain])
    unsure, sure = sorted(certain, key=lambda record: record["probability"])
    status, out, err = run(f"predict '{reader}' zero.png one.png --threshold {threshold} --json")
    assert (status, err) == (0, "")
    records = {record["path"]: record for record in json.loads(out)}
    assert records == {unsure["path"]: unsure | {"label": None}, sure["path"]: sure}
    out = run(f"predict '{reader}' {unsure['path']} --threshold {threshold}")[1]
    assert out == f"{unsure['path']}  ?  {unsure['probability']:.4f}\n"


@pytest.mark.parametrize("kind", ["pipeline", "search for a pipeline", "pipeline of a search"])
def test_the_normalizer_of_a_pipeline_reads_the_images(kind, run, reader, drawings, folder):
    classifier = joblib.load(reader)
    search = GridSearchCV(classifier, {})
    search.best_estimator_ = classifier  # as if fitted
    last = search if kind == "pipeline of a search" else classifier
    pipeline = make_pipeline(DigitImageNormalizer(polarity="light_on_dark"), last)
    outer = GridSearchCV(pipeline, {})
    outer.best_estimator_ = pipeline
    joblib.dump(outer if kind == "search for a pipeline" else pipeline, "pipeline.joblib")
    paths = sorted((folder / "drawings").glob("*/*.*g"))
    for path in paths:
        ImageOps.invert(Image.open(path)).save(path)
    X = DigitImageNormalizer(polarity="light_on_dark").transform(paths)
    y = [int(path.parent.name) for path in paths]
    probabilities = classifier.predict_proba(X)

    draw(folder / "dark.png", one=True)
    status, out, _ = run(f"predict pipeline.joblib {paths[0]} dark.png")
    assert status == 1
    assert out.splitlines()[0].endswith(f"  0  {probabilities[0, 0]:.4f}")
    assert out.splitlines()[1].endswith("  -  blank")

    images = np.stack([Image.open(path).convert("L").resize((50, 60)) for path in paths])
    np.savez("images.npz", X=images, y=y)
    for data, expected in {
        "drawings": probabilities,
        "images.npz": classifier.predict_proba(pipeline[0].transform(images)),
    }.items():
        status, out, err = run(f"evaluate pipeline.joblib {data}")
        assert (status, err) == (0, "")
        assert f"accuracy  {accuracy_score(y, expected.argmax(axis=1)):.4f}\n" in out
        assert f"log loss  {log_loss(y, expected):.4f}\n" in out

    pd.DataFrame(X[:, :780]).assign(label=y).to_csv("few.csv", index=False)
    pipeline[0].set_params(image_shape=(28, 28))
    joblib.dump(pipeline, "pipeline.joblib")
    result = run("evaluate pipeline.joblib few.csv")
    assert_fails(result, "few.csv cannot be normalized: image_shape is 28 x 28, but X ")
    assert result[1] == ""


def test_data_that_do_not_match_the_model_are_reported(run, reader, fitted, folder):
    joblib.dump(fitted, "digits.joblib")
    draw(folder / "drawings" / "2" / "2.png", one=True)
    np.savez("few.npz", X=X[:, :60], y=Y)
    np.savez("digits.npz", X=X / 16, y=Y)
    scaled = DenseDigitClassifier(**TINY).fit(np.pad(X / 16, ((0, 0), (0, 720))), Y)
    joblib.dump(scaled, "scaled.joblib")
    for arguments, message in {
        "predict digits.joblib drawings/2/2.png": "image files must have 64 pixels per image, as "
        "in training; got 784",
        "evaluate digits.joblib few.npz": "few.npz must have 64 pixels per image, as in training; "
        "got 60",
        f"evaluate {reader} drawings": "drawings must have labels among 0, 1; got 2",
        "predict scaled.joblib drawings/2/2.png": "image files are on a different scale from "
        "the training data: X has values from 0 to 255, but the training samples had values from 0 "
        "to 1; scale X as in training",
    }.items():
        status, out, err = run(arguments)
        assert (status, out, err) == (1, "", f"skdigits: {message}\n")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "\nskdigits: interrupted\n"),
        (MemoryError(), 1, "\nskdigits: out of memory\n"),
        (ValueError("X is wrong\nas a whole"), 1, "skdigits: cannot train: X is wrong\n"),
    ],
)
def test_failed_training_keeps_the_saved_model(error, status, message, run, folder, monkeypatch):
    def fail(*_):
        raise error

    np.savez("digits.npz", X=X, y=Y)
    Path("digits.joblib").write_text("earlier")
    monkeypatch.setattr(DenseDigitClassifier, "fit", fail)
    result = run("train digits.npz --output digits.joblib")
    assert (result[0], result[2]) == (status, message)
    assert {path.name for path in folder.iterdir()} == {"digits.npz", "digits.joblib"}
    assert Path("digits.joblib").read_text() == "earlier"


def test_unwritable_folder_is_reported_before_training(run, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", "/some/temporary/name")

    np.savez("digits.npz", X=X, y=Y)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    status, out, err = run("train digits.npz --output digits.joblib")
    assert (status, out) == (1, "")  # before training
    assert err == "skdigits: [Errno 13] Permission denied: 'digits.joblib'\n"


def test_full_disk_is_reported_and_leaves_no_file(run, folder, monkeypatch):
    def fill(model, path, compress):
        path.write_text("half a mod")
        raise OSError(28, "No space left on device")

    np.savez("digits.npz", X=X, y=Y)
    monkeypatch.setattr("joblib.dump", fill)
    status, _, err = run(["train", "digits.npz", "--output", "digits.joblib", *TINY_OPTIONS])
    assert (status, err) == (1, "skdigits: [Errno 28] No space left on device: 'digits.joblib'\n")
    assert [path.name for path in folder.iterdir()] == ["digits.npz"]
