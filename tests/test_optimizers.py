"""Optimizers, their settings and rates, and the penalty, against Keras and MLPClassifier."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras_loop import assert_same_weights, keras_fit, plain
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier

from skdigits import ConvDigitClassifier
from skdigits._training.trainer import initial_weights


def excluding():
    """An optimizer that excludes variables, which its configuration does not record."""
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


MOMENTUM = {"class_name": "SGD", "config": {"learning_rate": 0.05, "momentum": 0.9}}


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return X[:300] / 16, y[:300]


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda: keras.optimizers.SGD(0.5, clipnorm=0.01),
        lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.02),
        lambda: keras.optimizers.AdamW(0.01, clipvalue=0.001, beta_1=0.5),
        lambda: keras.optimizers.SGD(0.05, gradient_accumulation_steps=2),
    ],
    ids=["momentum", "clipnorm", "global_clipnorm", "adamw", "accumulation"],
)
def test_settings_are_those_of_the_keras_loop(make, data):
    X, y = data
    given = make()
    classifier = plain(given).fit(X, y)
    weights, _ = keras_fit(classifier, X, y, optimizer=make())
    assert_same_weights(classifier, weights, rtol=1e-7)
    assert not given.variables[2:]  # it was copied, not used


def test_configuration_and_instance_are_the_same(data):
    X, y = data
    instance = plain(keras.optimizers.SGD(0.05, momentum=0.9)).fit(X, y)
    config = plain(MOMENTUM).fit(X, y)
    serialized = plain(keras.optimizers.serialize(keras.optimizers.SGD(0.05, momentum=0.9)))
    np.testing.assert_array_equal(config.coefs_[0], instance.coefs_[0])
    np.testing.assert_array_equal(serialized.fit(X, y).coefs_[0], instance.coefs_[0])
    without = plain({"class_name": "SGD"}, learning_rate=0.05).fit(X, y)
    assert not np.array_equal(without.coefs_[0], instance.coefs_[0])


def test_clones_and_pickles_hold_plain_data(data, tmp_path):
    X, y = data
    classifier = plain(keras.optimizers.SGD(0.05, momentum=0.9)).fit(X, y)
    copy = clone(classifier)
    assert copy.optimizer["config"]["momentum"] == 0.9
    assert clone(copy).get_params() == copy.get_params()
    np.testing.assert_array_equal(copy.fit(X, y).coefs_[0], classifier.coefs_[0])
    saved = tmp_path / "saved.pickle"
    saved.write_bytes(pickle.dumps(classifier))
    code = (
        "import pickle, sys; model = pickle.load(open(sys.argv[1], 'rb'));"
        "model.predict([[0] * 64]); print('keras' in sys.modules, model.optimizer['class_name'])"
    )
    command = [sys.executable, "-c", code, str(saved)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "SGD"]


def test_training_resumes_with_the_state_of_the_optimizer(data):
    X, y = data
    whole = plain(MOMENTUM, epochs=4).fit(X, y)
    parts = plain(keras.optimizers.SGD(0.05, momentum=0.9), warm_start=True).fit(X, y)
    parts = pickle.loads(pickle.dumps(parts)).fit(X, y)
    np.testing.assert_array_equal(parts.coefs_[0], whole.coefs_[0])


def test_optimizers_are_searchable(data):
    X, y = data
    candidates = ["sgd", MOMENTUM, keras.optimizers.Adam(0.01)]
    search = GridSearchCV(plain("adam"), {"optimizer": candidates}, cv=2, error_score="raise")
    search.fit(X, y)
    train, test = next(StratifiedKFold(2).split(X, y))
    scores = [plain(one).fit(X[train], y[train]).score(X[test], y[test]) for one in candidates]
    np.testing.assert_array_equal(search.cv_results_["split0_test_score"], scores)


def test_learning_rate_overrides_that_of_the_optimizer(data):
    X, y = data
    given = plain(MOMENTUM, learning_rate=0.01).fit(X, y)
    own = plain({"class_name": "SGD", "config": {"learning_rate": 0.01, "momentum": 0.9}})
    np.testing.assert_array_equal(given.coefs_[0], own.fit(X, y).coefs_[0])
    assert given.history_["learning_rate"] == pytest.approx([0.01, 0.01])


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        ("adam", 0.006),
        ("sgd", 0.01),
        (MOMENTUM, 0.05),
        ({"class_name": "adam"}, 0.001),
    ],
)
def test_default_learning_rate_of_convolutions_is_that_of_the_optimizer(
    optimizer, rate, data, tiny_conv
):
    X, y = data
    classifier = tiny_conv(
        optimizer=optimizer, learning_rate=None, learning_rate_schedule="constant", epochs=1
    ).fit(X, y)
    assert classifier.history_["learning_rate"] == pytest.approx([rate])


def test_learning_rate_of_each_epoch_is_that_of_its_last_step(data):
    X, y = data  # 5 steps per epoch
    parameters = {"learning_rate_schedule": "exponential", "decay_steps": 5, "decay_rate": 0.5}
    classifier = plain("sgd", learning_rate=0.1, warm_start=True, **parameters).fit(X, y).fit(X, y)
    expected = 0.1 * 0.5 ** (np.array([4, 9, 14, 19]) / 5)
    np.testing.assert_allclose(classifier.history_["learning_rate"], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("sdg", "'optimizer' parameter"),
        (3, "'optimizer' parameter"),
        (
            {"class_name": "Unknown"},
            "or a dict with class_name and config; got {'class_name': 'Unknown'}: ",
        ),
        (
            {"name": "SGD", "momentum": 0.9},
            "optimizer must have the key 'class_name', such as {'class_name': 'SGD', 'config': "
            "{'momentum': 0.9}}; got {'name': 'SGD', 'momentum': 0.9}$",
        ),
        (
            {"class_name": "SGD", "config": {"momentun": 0.9}},
            "optimizer must be a name, a Keras optimizer, or a dict",
        ),
        (
            keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)),
            "optimizer must have a learning rate that is a number.*CosineDecay",
        ),
        (keras.optimizers.SGD(use_ema=True), "optimizer must not set use_ema.*use_ema=True"),
        (keras.optimizers.SGD(loss_scale_factor=2.0), "optimizer must not set loss_scale_factor"),
        (keras.optimizers.Muon(exclude_layers=["dense"]), "optimizer must not set exclude_layers"),
        (keras.optimizers.SGD, "optimizer must be an instance; got the class SGD"),
        (excluding(), "optimizer must not exclude variables from weight decay"),
        (
            {"class_name": "SGD", "config": {"learning_rate": -1.0}},
            "optimizer must have a positive learning rate; got -1",
        ),
        ({"class_name": None}, "optimizer must be a name, a Keras optimizer, or a dict"),
    ],
)
def test_bad_optimizer_is_named(optimizer, message, data):
    X, y = data
    with pytest.raises(ValueError, match=message) as error:
        plain(optimizer).fit(X, y)
    assert "\n" not in str(error.value)
    clone(plain(optimizer))  # fit checks parameters, clone does not


def test_l2_is_the_penalty_of_the_keras_loop(data):
    X, y = data
    classifier = plain("sgd", learning_rate=0.1, l2=5.0).fit(X, y)
    weights, _ = keras_fit(classifier, X, y, optimizer=keras.optimizers.SGD(0.1), l2=5.0)
    assert_same_weights(classifier, weights, rtol=1e-7)
    without = plain("sgd", learning_rate=0.1).fit(X, y)
    assert np.square(classifier.coefs_[0]).sum() < 0.9 * np.square(without.coefs_[0]).sum()


def test_l2_is_alpha_of_mlp_classifier(data):
    """One step of gradient descent from the same weights, on a whole batch."""
    X, y = data
    classifier = plain("sgd", learning_rate=0.1, l2=5.0, batch_size=512, epochs=1).fit(X, y)
    theirs = MLPClassifier(
        16,
        solver="sgd",
        alpha=5.0,
        momentum=0,
        learning_rate_init=0.1,
        batch_size=300,
        max_iter=1,
        warm_start=True,
    )
    theirs.partial_fit(X, y, classes=range(10))
    start = initial_weights(classifier.network_config_, classifier._seed)
    theirs.coefs_ = [start[0].astype(float), start[2].astype(float)]
    theirs.intercepts_ = [start[1].astype(float), start[3].astype(float)]
    theirs._optimizer.params = theirs.coefs_ + theirs.intercepts_
    theirs.partial_fit(X.astype(float), y)
    for name in ("coefs_", "intercepts_"):
        for ours, expected in zip(getattr(classifier, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_l2_penalizes_kernels_of_convolutions_only(data):
    X, y = data
    start = ConvDigitClassifier(
        2,
        hidden_layer_sizes=(),
        augmentation=None,
        optimizer="sgd",
        learning_rate=0.1,
        learning_rate_schedule="constant",
        batch_size=512,
        epochs=5,
        warm_start=True,
        random_state=0,
    ).fit(X, y)
    end = pickle.loads(pickle.dumps(start))
    # The steps are so small that only this huge penalty has an effect.
    end.set_params(epochs=1, learning_rate=1e-7, l2=1e6 * len(y)).fit(X, y)
    for before, after in zip(start.coefs_, end.coefs_, strict=True):
        np.testing.assert_allclose(after, 0.9 * before, atol=1e-3)
    for name in ("gamma", "beta", "bias"):
        (before,), (after,) = (model._named_weights(name) for model in (start, end))
        assert np.abs(before).max() > 0.02
        np.testing.assert_allclose(after, before, atol=1e-4)


@pytest.mark.parametrize(("name", "value"), [("l2", -1), ("l2", "small"), ("tol", -0.1)])
def test_bad_l2_and_tol_are_named(name, value, data):
    X, y = data
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        plain("adam", **{name: value}).fit(X, y)
