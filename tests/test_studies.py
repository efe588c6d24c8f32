"""Studies: what is declared, and the command that runs them."""

import io
import json

import joblib
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

from skdigits import DenseDigitClassifier
from skdigits.__main__ import main
from skdigits.networks import build_network
from skdigits.studies import STUDIES, Network, Published, Study, _runner, reproduce


@pytest.fixture
def tiny(monkeypatch):
    """Quick runs that are quicker still."""
    monkeypatch.setattr(_runner, "QUICK_IMAGES", {"train": 600, "validation": 100, "test": 200})
    monkeypatch.setattr(_runner, "QUICK_EPOCHS", 1)


@pytest.mark.parametrize(
    ("study", "network"), [(study, one) for study in STUDIES.values() for one in study.networks]
)
def test_declared_networks_have_the_published_parameter_counts(study, network):
    classifier = clone(getattr(network.estimator, "classifier", network.estimator))
    classifier.image_shape_ = (28, 28)
    n_features = {"PCA": 154, "forest": 70}.get(network.name, 784)
    n_parameters = build_network(classifier._network_config(n_features, 10)).count_params()
    assert {run.parameters for run in network.published} <= {n_parameters}
    if network.continues:
        before = next(one for one in study.networks if one.name == network.continues)
        assert network.estimator.warm_start
        changed = {"epochs", "warm_start"}
        one, other = (each.estimator.get_params() for each in (before, network))
        assert {name for name in one if one[name] != other[name]} == changed


def test_a_study_of_ones_own(digits, tmp_path, monkeypatch):
    """Seeds, networks that go on from others, rows without a published figure."""
    X, X_test, y, y_test = digits
    monkeypatch.setattr(_runner, "_images", lambda *_: {"train": (X, y), "test": (X_test, y_test)})
    constant = DenseDigitClassifier(8, learning_rate_schedule="constant", epochs=2)
    study = Study(
        name="own",
        title="A study of one's own",
        n_validation=0,
        pixel_range=16,
        networks=(
            Network("two", constant, (Published("a", 1, 2, 0.5), Published("b", 1, 2, 1.1)), 2),
            Network("more", clone(constant).set_params(epochs=3, warm_start=True), continues="two"),
        ),
    )
    text = io.StringIO()
    fits = reproduce(study, tmp_path, file=text)
    assert [(fit["network"], fit["seed"], fit["epochs"]) for fit in fits] == [
        *(("two", 0, 2), ("two", 1, 2), ("more", 0, 5)),
    ]
    at_once = clone(constant).set_params(epochs=5, random_state=0).fit(X, y)
    assert fits[2]["test_accuracy"] == at_once.score(X_test, y_test)
    assert fits[2]["test_loss"] == pytest.approx(
        log_loss(y_test, at_once.predict_proba(X_test)), rel=1e-6
    )
    rows = pd.read_csv(tmp_path / "own.csv")
    assert rows.published_run.tolist()[:4] == ["a", "b", "a", "b"]
    assert rows.published_run.isna().tolist() == [False] * 4 + [True]
    assert "validation_accuracy" not in rows
    assert "none: a row of ours" in text.getvalue()
    low, high = sorted(fit["test_accuracy"] for fit in fits[:2])
    below = sum(fit["test_accuracy"] < 0.5 for fit in fits[:2])
    spread = f"2 seeds: test {low:.4f} to {high:.4f}; {below} below a; 2 below b"
    assert spread in text.getvalue()


def test_quick_reproduction(tiny, tmp_path):
    text = io.StringIO()
    before = repr(STUDIES)
    fits = reproduce(STUDIES["experiments"], tmp_path, quick=True, file=text)
    assert repr(STUDIES) == before
    networks = STUDIES["experiments"].networks
    assert len(fits) == len(networks) == 6

    rows = pd.read_csv(tmp_path / "experiments.csv")
    assert len(rows) == sum(len(network.published) for network in networks)
    by_run = rows.groupby("published_run").published_test_accuracy.first()
    assert by_run["model 3"] == 0.9820
    assert by_run["forest"] == 0.9482
    difference = rows.test_accuracy - rows.published_test_accuracy
    assert rows.test_accuracy_difference.tolist() == pytest.approx(difference.tolist())
    assert rows.quick.all()

    table = text.getvalue()
    assert "QUICK: fewer images" in table
    assert str(tmp_path / "experiments.csv") in table
    for fit in fits:
        assert 0 < fit["test_accuracy"] <= 1
        line = next(line for line in table.splitlines() if line.startswith(fit["network"]))
        assert f"{fit['parameters']:,}" in line

    where = json.loads((tmp_path / "environment.json").read_text())
    assert where["threads"] >= 1
    assert "tensorflow" in where["versions"]

    models = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert len(models) == 6
    assert "best-mlp-relu-seed0.joblib" in models
    model = joblib.load(tmp_path / "models" / "pca-seed0.joblib")
    assert model.classifier_.verbose is False
    assert model.classifier_.n_iter_ == 1


def test_progress_stays_on_one_line_of_a_terminal(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    reproduce(STUDIES["experiments"], tmp_path, quick=True)
    out, err = capsys.readouterr()
    assert "epoch" not in out.replace("epochs", "")
    assert "best MLP relu, seed 0: epoch 1/1" in err
    assert "\n" not in err


def test_command(tiny, tmp_path, capsys):
    assert main(["reproduce", "--quick", "--output", str(tmp_path)]) == 0
    assert "best MLP sigmoid" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        main(["reproduce", "experimints"])
    assert "no study experimints; there are experiments, cnn" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])


def test_command_interrupted_or_failing(tiny, tmp_path, monkeypatch, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("skdigits.DenseDigitClassifier.fit", interrupt)
    assert main(["reproduce", "--quick", "--output", str(tmp_path)]) == 130
    assert str(tmp_path) in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["reproduce", "--quick", "--output", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
