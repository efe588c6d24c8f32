"""Use and misuse of ConvDigitClassifier."""

import pickle
import tracemalloc
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, ReducedDigitClassifier
from skdigits._training import network_pool


def test_images_train_and_predict_like_rows(digits, small_conv):
    X, X_test, y, y_test = digits
    stopping = {
        "early_stopping": True,
        "patience": 2,
        "learning_rate_schedule": "constant",
    }
    expected = small_conv(**stopping).fit(X, y)
    assert expected.image_shape_ == (8, 8)
    for shape in ((-1, 8, 8), (-1, 8, 8, 1)):
        images, test_images = X.reshape(shape), X_test.reshape(shape)
        classifier = small_conv(**stopping).fit(images, y)
        assert classifier.n_features_in_ == 64
        for samples in (X_test, test_images, test_images.tolist()):
            np.testing.assert_allclose(
                classifier.predict_proba(samples), expected.predict_proba(X_test), atol=1e-6
            )
        assert classifier.score(test_images, y_test) == expected.score(X_test, y_test)
    ours = small_conv().fit(X, y, X_val=X_test, y_val=y_test)
    images = small_conv().fit(X.reshape(shape), y, X_val=X_test.reshape(shape), y_val=y_test)
    assert images.history_ == ours.history_
    assert images.history_["val_accuracy"][-1] == pytest.approx(ours.score(X_test, y_test))


def test_images_that_are_not_square(tiny_conv):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    images = rng.normal(size=(200, 6, 10)).astype("f")
    images[:, :, :5] += 2 * y[:, None, None]
    rows = images.reshape(200, -1)
    by_shape = tiny_conv(image_shape=(6, 10)).fit(rows, y)
    from_images = tiny_conv().fit(images, y)
    np.testing.assert_array_equal(by_shape.predict_proba(rows), from_images.predict_proba(rows))
    with pytest.warns(
        UserWarning, match="60 features, which is not a square number.*1 x 60 pixels"
    ):
        assert tiny_conv().fit(rows, y).image_shape_ == (1, 60)


def test_empty_training_data(digits, small_conv):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        small_conv().fit(X[:0].reshape(-1, 8, 8), y[:0])


@pytest.mark.parametrize(
    ("parameters", "shape", "message"),
    [
        ({"image_shape": (8, 8)}, (-1, 32, 1), "32 x 1 pixels, but image_shape is 8 x 8"),
        ({"image_shape": (4, 8)}, (-1, 64), "image_shape is 4 x 8, but X has 64 features"),
        ({"image_shape": (64,)}, (-1, 64), "image_shape must be two ints"),
        ({"image_shape": (0, 8)}, (-1, 64), "image_shape must be two ints of at least 1"),
        ({}, (-1, 4, 4, 4), r"X must hold rows of pixels, images.*got shape \(\d+, 4, 4, 4\)"),
        ({}, (-1, 4, 4, 2, 2), "X must hold rows of pixels"),
        ({"filters": ()}, (-1, 64), "filters must have at least one convolution"),
        ({"filters": (4, 0)}, (-1, 64), "filters must be an int or a sequence of ints"),
        ({"filters": (4, 2.5)}, (-1, 64), "filters must be an int or a sequence of ints"),
        ({"kernel_size": (3,)}, (-1, 64), "kernel_size has 1 entry, but there are 2 convolutions"),
        ({"padding": "valid", "kernel_size": 9}, (-1, 64), "only 8 x 8 pixels of the image of"),
        ({"padding": "full"}, (-1, 64), "'padding' parameter"),
        ({"precision": "float16"}, (-1, 64), "'precision' parameter"),
        (
            {"augmentation": {"turn": 3}},
            (-1, 64),
            "may only have the keys shift, rotation, zoom, shear and elastic; got 'turn'",
        ),
        ({"augmentation": {"shift": -1}}, (-1, 64), "must hold finite, non-negative numbers"),
        ({"augmentation": {"zoom": "big"}}, (-1, 64), "must hold finite, non-negative numbers"),
        ({"augmentation": {"zoom": 1}}, (-1, 64), "augmentation must have a zoom below 1"),
        ({"augmentation": {"shear": 90}}, (-1, 64), "augmentation must have a shear below 90"),
        ({"augmentation": "letters"}, (-1, 64), "'augmentation' parameter"),
        ({"label_smoothing": 1.0}, (-1, 64), "'label_smoothing' parameter"),
        ({"kernel_size": (3, 3, 3)}, (-1, 64), "3 entries, but there are 2 convolutions$"),
        ({"augmentation": {"shift": 1e39}}, (-1, 64), "must hold finite, non-negative numbers"),
        ({"augmentation": True}, (-1, 64), "'augmentation' parameter"),
    ],
)
def test_bad_parameters_are_named(parameters, shape, message, digits, small_conv):
    X, _, y, _ = digits
    X = X[:640]
    with pytest.raises(ValueError, match=message):
        small_conv(**({"filters": (4, 8)} | parameters)).fit(
            X.reshape(shape), y[: len(X.reshape(shape))]
        )


def test_images_of_another_size_are_refused(digits, small_conv):
    X, X_test, y, y_test = digits
    classifier = small_conv().fit(X, y)
    before = classifier.predict_proba(X_test)
    with pytest.raises(
        ValueError, match="X holds images of 16 x 4 pixels, but the network expects 8 x 8"
    ):
        classifier.predict(X_test.reshape(-1, 16, 4))
    with pytest.raises(ValueError, match=r"X_val holds images of 16 x 4 pixels, but .* 8 x 8"):
        classifier.fit(X, y, X_val=X_test.reshape(-1, 16, 4), y_val=y_test)
    with pytest.raises(ValueError, match=r"shape of a single image, 8 x 8; pass X\[None\]"):
        classifier.predict(X_test[0].reshape(8, 8))
    np.testing.assert_array_equal(classifier.predict_proba(X_test), before)


def test_pooling_larger_than_the_image_pools_all_of_it(digits, tiny_conv):
    X, _, y, _ = digits
    whole, larger = (tiny_conv(pool_size=size).fit(X[:200], y[:200]) for size in (8, 50))
    for one, other in zip(whole.coefs_, larger.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_fitted_attributes(digits, deep_conv):
    _, X_test, _, _ = digits
    classifier = deep_conv
    shapes = [(3, 3, 1, 4), (3, 3, 4, 6), (2 * 2 * 6, 10), (10, 12), (12, 10)]
    assert [coef.shape for coef in classifier.coefs_] == shapes
    assert [bias.shape for bias in classifier.intercepts_] == [(4,), (6,), (10,), (12,), (10,)]
    network = classifier.to_keras()
    assert classifier.n_parameters_ == sum(
        keras.ops.size(weight) for weight in network.trainable_weights
    )
    np.testing.assert_allclose(
        network.predict(X_test, verbose=0), classifier.predict_proba(X_test), atol=1e-6
    )
    outputs = [classifier.activations(X_test, layer) for layer in range(4)]
    n_test = len(X_test)
    assert [output.shape for output in outputs] == [
        *((n_test, 4, 4, 4), (n_test, 2, 2, 6), (n_test, 10), (n_test, 12)),
    ]
    np.testing.assert_array_equal(classifier.activations(X_test), outputs[-1])
    last = outputs[-1] @ classifier.coefs_[-1] + classifier.intercepts_[-1]
    np.testing.assert_array_equal(classifier.classes_[last.argmax(1)], classifier.predict(X_test))


def test_default_learns_the_small_digits(digits):
    X, X_test, y, y_test = digits
    assert ConvDigitClassifier(random_state=0).fit(X, y).score(X_test, y_test) > 0.96


def test_learns_mnist(mnist, mnist_test):
    classifier = ConvDigitClassifier((8, 16), epochs=1, random_state=0).fit(*mnist)
    assert classifier.score(*mnist_test) > 0.96


def test_same_seed_same_network(digits, small_conv):
    X, X_test, y, _ = digits
    X, y = X[:300], y[:300]
    augmentation = {"shift": 1, "rotation": 10, "zoom": 0.1}
    one, two, other = (
        small_conv(augmentation=augmentation, dropout=0.3, random_state=seed).fit(X, y)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.predict_proba(X_test), two.predict_proba(X_test))
    assert (one.coefs_[0] != other.coefs_[0]).all()
    plain = small_conv(dropout=0.3).fit(X, y)
    assert (one.coefs_[0] != plain.coefs_[0]).all()
    nothing = small_conv(augmentation={}, dropout=0.3).fit(X, y)
    np.testing.assert_allclose(nothing.coefs_[0], plain.coefs_[0], atol=1e-3)


def test_limits_of_augmentation_share_one_executable(digits, small_conv, monkeypatch):
    X, _, y, _ = digits
    monkeypatch.setattr(network_pool, "_idle_networks", list(network_pool._idle_networks))
    augmented = small_conv(augmentation={"shift": 1}, dropout=0.3).fit(X, y)
    n_idle = len(network_pool._idle_networks)
    other = small_conv(augmentation={"zoom": 0.2}, dropout=0.3).fit(X, y)
    assert len(network_pool._idle_networks) == n_idle
    assert not np.array_equal(augmented.coefs_[0], other.coefs_[0])


def test_training_in_parts_equals_training_at_once(digits, small_conv):
    X, X_test, y, _ = digits
    constant = {"learning_rate_schedule": "constant", "dropout": 0.3}
    whole = small_conv(epochs=4, **constant).fit(X, y)
    parts = small_conv(epochs=2, warm_start=True, **constant).fit(X, y)
    parts = pickle.loads(pickle.dumps(parts)).fit(X, y)
    np.testing.assert_array_equal(parts.predict_proba(X_test), whole.predict_proba(X_test))
    by_epoch = small_conv(**constant)
    for _ in range(4):
        by_epoch.partial_fit(X.reshape(-1, 8, 8), y, classes=range(10))
    np.testing.assert_array_equal(by_epoch.predict_proba(X_test), whole.predict_proba(X_test))
    with pytest.raises(ValueError, match=r"image_shape is \(4, 16\).*fitted on images of 8 x 8"):
        pickle.loads(pickle.dumps(parts)).set_params(image_shape=(4, 16)).fit(X, y)
    with pytest.raises(ValueError, match="filters=4 in convolution layer 1 instead of 9; call"):
        parts.set_params(filters=9).fit(X, y)


def test_early_stopping_restores_moving_averages(digits, small_conv):
    X, X_val, y, y_val = digits
    classifier = small_conv(
        epochs=30, learning_rate=0.1, learning_rate_schedule="constant", early_stopping=True
    ).fit(X, y, X_val=X_val, y_val=y_val)
    assert classifier.n_iter_ < 30
    assert classifier.score(X_val, y_val) == pytest.approx(
        classifier.history_["val_accuracy"][classifier.best_epoch_ - 1]
    )


def test_weight_two_is_the_same_as_repeating_the_sample(digits, small_conv):
    """This includes the mean and variance of batch normalization."""
    X, X_test, y, _ = digits
    X, y = X[:60], y[:60]
    weight = np.arange(60) % 3
    weighted = small_conv().fit(X, y, sample_weight=weight)
    repeated = small_conv().fit(np.repeat(X, weight, 0), y.repeat(weight))
    np.testing.assert_allclose(
        weighted.predict_proba(X_test), repeated.predict_proba(X_test), atol=1e-4
    )


def test_padding_the_last_batch_changes_no_moment(digits, small_conv):
    X, _, y, _ = digits
    plain = {"epochs": 1, "learning_rate": 1e-30}
    one = small_conv(batch_size=40, **plain).fit(X[:40], y[:40])
    padded = small_conv(batch_size=64, **plain).fit(X[:40], y[:40])
    for ours, theirs in zip(one._weights, padded._weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_dtypes_train_alike(digits, small_conv):
    X, X_test, y, _ = digits
    expected = small_conv().fit(X, y).predict_proba(X_test)
    for data in (X.astype(np.float64), X.astype(np.uint8), np.asfortranarray(X), pd.DataFrame(X)):
        np.testing.assert_allclose(
            small_conv().fit(data, y).predict_proba(X_test), expected, atol=1e-3
        )


def test_prediction_memory_is_bounded(small_conv):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (3000, 784), dtype=np.uint8)
    classifier = small_conv(16, epochs=1).fit(X[:200], np.arange(200) % 10)
    tracemalloc.start()
    classifier.predict(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16e6  # all activations of the first layer would be 150 MB


def test_bfloat16_warns_where_it_is_slow(digits, small_conv, monkeypatch):
    X, _, y, _ = digits
    for fast in (True, False):
        monkeypatch.setattr("skdigits._training.cpu.has_fast_bfloat16", lambda fast=fast: fast)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            small_conv(precision="mixed_bfloat16", epochs=1).fit(X[:64], y[:64])
        said = [str(one.message) for one in caught if "bfloat16" in str(one.message)]
        assert len(said) == (0 if fast else 1)


@pytest.mark.parametrize("fast", [False, True])
def test_auto_precision_is_bfloat16_where_it_is_fast(fast, digits, small_conv, monkeypatch):
    X, _, y, _ = digits
    monkeypatch.setattr("skdigits._training.cpu.has_fast_bfloat16", lambda: fast)
    chosen = "mixed_bfloat16" if fast else "float32"
    auto, named = (
        small_conv(precision=precision, epochs=1).fit(X[:64], y[:64])
        for precision in ("auto", chosen)
    )
    assert auto.precision_ == named.precision_ == chosen
    np.testing.assert_array_equal(auto.coefs_[0], named.coefs_[0])


def test_searches_and_pipelines(digits, small_conv):
    X, X_test, y, y_test = digits
    search = GridSearchCV(
        small_conv(dropout=0.3, epochs=6),
        {"learning_rate": [0.001, 0.01], "augmentation": [None, {"shift": 0.5}]},
        cv=2,
    ).fit(X.reshape(-1, 8, 8), y)
    assert search.score(X_test.reshape(-1, 8, 8), y_test) > 0.8
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()
    reduced = ReducedDigitClassifier(PCA(49, random_state=0), small_conv(epochs=5)).fit(X, y)
    assert reduced.classifier_.image_shape_ == (7, 7)
    assert reduced.score(X_test, y_test) > 0.7
    assert make_pipeline(small_conv(epochs=4)).fit(X, y).score(X_test, y_test) > 0.8


def test_learns_images_of_load_digits(small_conv):
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(digits.images, digits.target, random_state=0)
    assert small_conv(epochs=5).fit(X, y).score(X_test, y_test) > 0.9
