"""Studies: what is declared, and the command that runs them."""

import io
import json

import joblib
import pandas as pd
import pytest

from skdigits.__main__ import main
from skdigits.networks import build_network
from skdigits.studies import STUDIES, _runner, reproduce


@pytest.fixture
def tiny(monkeypatch):
    """Quick runs that are quicker still."""
    monkeypatch.setattr(_runner, "QUICK_IMAGES", {"train": 600, "validation": 100, "test": 200})
    monkeypatch.setattr(_runner, "QUICK_EPOCHS", 1)


def test_declared_networks_have_the_published_parameter_counts():
    n_features = {"PCA": 154, "forest": 70}  # of the others 784
    for network in STUDIES["experiments"].networks:
        classifier = getattr(network.estimator, "classifier", network.estimator)
        config = classifier._network_config(n_features.get(network.name, 784), 10)
        n_parameters = build_network(config).count_params()
        assert {run.parameters for run in network.published} == {n_parameters}


def test_quick_reproduction(tiny, tmp_path):
    text = io.StringIO()
    fits = reproduce(STUDIES["experiments"], tmp_path, quick=True, file=text)
    networks = STUDIES["experiments"].networks
    assert len(fits) == sum(network.seeds for network in networks) == 14

    rows = pd.read_csv(tmp_path / "experiments.csv")
    assert len(rows) == sum(network.seeds * len(network.published) for network in networks)
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
    assert len(models) == 14
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
    assert "no study experimints; there are experiments" in capsys.readouterr().err
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
