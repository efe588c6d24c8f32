"""Saved models: what they contain, and where they can be loaded."""

import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
import skops.io
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import skdigits
from skdigits import DigitImageNormalizer, ReducedDigitClassifier
from skdigits._estimators.persistence import STATE_FORMAT


def test_loads_in_a_process_without_tensorflow(digits, small, deep_conv, tmp_path):
    X, X_test, y, y_test = digits
    models = {
        "dense": small(epochs=5),
        "pipeline": make_pipeline(PCA(0.95), small(epochs=5)),
        "reduced": ReducedDigitClassifier(classifier=small(epochs=5)),
    }
    np.save(tmp_path / "X.npy", X_test)
    code = """
import sys, joblib, numpy as np
folder = sys.argv[1]
for name in sys.argv[2:]:
    model = joblib.load(f"{folder}/{name}.joblib")
    np.save(f"{folder}/{name}.npy", model.predict_proba(np.load(f"{folder}/X.npy")))
print([name for name in ("tensorflow", "keras", "matplotlib", "PIL") if name in sys.modules])
"""
    for model in models.values():
        model.fit(X, y)
    models["convolutional"] = deep_conv
    for name, model in models.items():
        joblib.dump(model, tmp_path / f"{name}.joblib")
    command = [sys.executable, "-c", code, tmp_path, *models]
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    assert process.stdout.strip() == "[]"
    for name, model in models.items():
        assert model.score(X_test, y_test) > 0.8
        np.testing.assert_allclose(
            np.load(tmp_path / f"{name}.npy"), model.predict_proba(X_test), atol=1e-6
        )


def test_state_is_plain_data(digits, small):
    X, _, y, _ = digits
    classifier = small(early_stopping=True, dropout=0.2).fit(X, y)

    def kinds(value):
        if isinstance(value, dict):
            return set().union(*map(kinds, value.values()))
        if isinstance(value, list | tuple):
            return set().union(*map(kinds, value))
        return {type(value).__module__}

    state = classifier.__getstate__()
    assert kinds(state) <= {"builtins", "numpy"}
    assert state["_skdigits_version"] == skdigits.__version__
    assert state["_skdigits_state_format"] == STATE_FORMAT


def test_loaded_network_trains_further_as_if_never_saved(digits, small):
    X, _, y, _ = digits
    classifier = small(dropout=0.2).fit(X, y)
    loaded = pickle.loads(pickle.dumps(classifier))
    assert loaded.history_ == classifier.history_
    assert loaded.fit_time_ == classifier.fit_time_
    np.testing.assert_array_equal(
        loaded.partial_fit(X, y).coefs_[0], classifier.partial_fit(X, y).coefs_[0]
    )


def test_state_of_a_newer_format_is_refused(digits, small, monkeypatch):
    X, _, y, _ = digits
    monkeypatch.setattr("skdigits._estimators.persistence.STATE_FORMAT", STATE_FORMAT + 1)
    monkeypatch.setattr("skdigits.__version__", "99.0")
    saved = pickle.dumps(small().fit(X, y))
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"saved by skdigits 99.0 in state format 2.*upgrade"):
        pickle.loads(saved)


def test_set_params_after_fit_does_not_change_what_is_saved(digits, small):
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X_test)
    classifier.set_params(
        hidden_layer_sizes=(3, 3), activation="tanh", standardize=False, optimizer="sgd"
    )
    loaded = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(loaded.predict_proba(X_test), expected)
    np.testing.assert_allclose(loaded.to_keras().predict(X_test, verbose=0), expected, atol=1e-5)


def test_dropping_the_optimizer_state_saves_two_thirds_of_the_file(digits, small, tmp_path):
    X, X_test, y, _ = digits
    classifier = small(128).fit(X, y)
    expected = classifier.predict_proba(X_test)
    complete, dropped = (tmp_path / name for name in ("complete.joblib", "dropped.joblib"))
    joblib.dump(classifier, complete)
    joblib.dump(classifier.drop_optimizer_state(), dropped)
    weights = sum(array.nbytes for array in (*classifier.coefs_, *classifier.intercepts_))
    saved = complete.stat().st_size - dropped.stat().st_size
    assert 2 * weights <= saved < 2 * weights + 2000
    np.testing.assert_array_equal(joblib.load(dropped).predict_proba(X_test), expected)


def test_training_resumes_with_a_fresh_optimizer_after_its_state_was_dropped(digits, small):
    X, _, y, _ = digits
    rate = 0.01
    classifier = small(batch_size=len(X), learning_rate=rate).fit(X, y)
    before = classifier.coefs_[-1]
    changes = {
        name: abs(network.partial_fit(X, y).coefs_[-1] - before)
        for name, network in {
            "resumed": pickle.loads(pickle.dumps(classifier)),
            "fresh": pickle.loads(pickle.dumps(classifier)).drop_optimizer_state(),
        }.items()
    }
    # The first step of Adam changes every weight by the learning rate.
    np.testing.assert_allclose(np.median(changes["fresh"]), rate, rtol=0.01)
    assert np.median(changes["resumed"]) < 0.99 * rate


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_keras_saves_and_exports_the_converted_network(kind, digits, small, deep_conv, tmp_path):
    X, X_test, y, _ = digits
    classifier = deep_conv if kind == "conv" else small().fit(X, y)
    expected = classifier.predict_proba(X_test)
    network = classifier.to_keras()
    network.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(X_test), expected, atol=1e-5)
    network.save(tmp_path / "network.keras")
    saved = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(saved.predict(X_test, verbose=0), expected, atol=1e-5)
    assert network._called  # which Keras' export to ONNX requires


@pytest.fixture
def saved_by_skops(digits, small, deep_conv):
    """Fitted models, and the types that users of skops have to trust explicitly."""
    X, _, y, _ = digits
    return [
        (small().fit(X, y), ["DenseDigitClassifier"]),
        (deep_conv, ["ConvDigitClassifier"]),
        (make_pipeline(PCA(8), small(16)).fit(X, y), ["DenseDigitClassifier"]),
        (
            ReducedDigitClassifier(PCA(8), small(16), random_state=0).fit(X, y),
            ["DenseDigitClassifier", "ReducedDigitClassifier"],
        ),
        (
            make_pipeline(DigitImageNormalizer(), small(16)).fit(X[:100], y[:100]),
            ["DenseDigitClassifier", "DigitImageNormalizer"],
        ),
    ]


def test_skops_needs_trust_in_the_classes_of_skdigits_only(saved_by_skops, digits):
    X = digits[1][:50]
    for model, names in saved_by_skops:
        saved = skops.io.dumps(model)
        trusted = [f"skdigits.{name}" for name in names]
        assert skops.io.get_untrusted_types(data=saved) == trusted
        with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException):
            skops.io.loads(saved)
        loaded = skops.io.loads(saved, trusted=trusted)
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
