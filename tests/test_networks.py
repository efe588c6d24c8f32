"""Networks used by themselves and inside scikeras."""

import keras
import numpy as np
import pytest
from scikeras.wrappers import KerasClassifier

from skdigits.networks import (
    build_network,
    conv_config,
    conv_network,
    dense_config,
    dense_network,
)


def test_dense_network_is_the_keras_network():
    network = dense_network(784, 10, hidden_layer_sizes=(64, 32), activation="tanh", dropout=0.2)
    layers = [
        (type(layer).__name__, getattr(layer, "units", None), getattr(layer, "activation", None))
        for layer in network.layers
    ]
    tanh, softmax = keras.activations.tanh, keras.activations.softmax
    assert layers == [
        ("Dense", 64, tanh),
        ("Dropout", None, None),
        ("Dense", 32, tanh),
        ("Dropout", None, None),
        ("Dense", 10, softmax),
    ]
    assert network.layers[1].rate == 0.2


STUDY_4 = {"kernel_size": 5, "activation": "sigmoid"}


@pytest.mark.parametrize(
    ("network", "n_parameters"),
    [
        ({"filters": (32,)}, 185_162),
        ({"filters": (32, 32), "hidden_layer_sizes": (128,)}, 1_666_282),
        ({"filters": (32,), "hidden_layer_sizes": (128,)}, 2_361_546),
        ({"filters": (32, 32, 32), "hidden_layer_sizes": (128,)}, 1_102_090),
        ({"filters": (32, 32), "activation": "relu"}, 154_474),
    ],
)
def test_parameter_counts_of_study_cnn_are_the_published_ones(network, n_parameters):
    assert conv_network((28, 28), 10, **(STUDY_4 | network)).count_params() == n_parameters


def test_conv_network_is_the_keras_network():
    network = conv_network(
        (28, 28),
        10,
        filters=(8, 16),
        kernel_size=(5, 3),
        pool_size=(2, None),
        batch_normalization=True,
        hidden_layer_sizes=(32,),
        dropout=0.2,
    )
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == [
        "Reshape",
        *("Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"),
        *("Conv2D", "BatchNormalization", "Activation"),
        *("Flatten", "Dropout", "Dense", "Dropout", "Dense"),
    ]
    assert network.layers[1].kernel_size == (5, 5)
    assert network.layers[5].kernel_size == (3, 3)
    assert network.layers[7].output.shape == (None, 10, 10, 16)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"kernel_size": 13},
            "kernel_size of convolution 3 is 13 x 13, but only 4 x 4 pixels of the image of",
        ),
        (
            {"pool_size": (None, 13, None)},
            "pool_size of convolution 2 is 13 x 13, but only 12 x 12 pixels of the image of",
        ),
        (
            {"kernel_size": (5, 3)},
            r"kernel_size has 2 entries, but there are 3 convolutions; for windows of 5 x 3, pass "
            r"\[\(5, 3\), \(5, 3\), \(5, 3\)\]",
        ),
        (
            {"kernel_size": (5, 3), "filters": (4,)},
            r"there is 1 convolution; for one window of 5 x 3, pass \[\(5, 3\)\]",
        ),
        ({"kernel_size": (3,)}, "kernel_size has 1 entry, but there are 3 convolutions$"),
        ({"pool_size": (2, 0, 2)}, "pool_size must hold ints of at least 1"),
        ({"pool_size": ((2, 2, 2), 1, 1)}, "pool_size must hold ints of at least 1"),
        ({"kernel_size": 2.5}, "kernel_size must hold ints of at least 1"),
    ],
)
def test_invalid_window_is_an_error_that_names_the_convolution(wrong, message):
    with pytest.raises(ValueError, match=message):
        conv_config((28, 28), 10, **({"filters": (4, 4, 4), "kernel_size": 9} | wrong))


def test_same_padding_fits_every_image():
    network = conv_network((1, 3), 2, filters=(4, 4, 4), kernel_size=5, pool_size=2, padding="same")
    assert network.output_shape == (None, 2)


def test_scaling_layer():
    config = dense_config(4, 2)
    network = build_network(config, scale=2.0, offset=-1.0)
    network.set_weights([np.eye(4, 2), np.zeros(2)])
    X = np.array([[0.0, 1.0, 2.0, 3.0]], "f")
    expected = keras.ops.softmax(X[:, :2] * 2 - 1)
    np.testing.assert_allclose(network(X), expected, rtol=1e-6)
    assert len(build_network(config).layers) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_builder_inside_scikeras(digits):
    X, X_test, y, y_test = digits
    classifier = KerasClassifier(
        model=dense_network,
        model__n_features=64,
        model__n_classes=10,
        model__hidden_layer_sizes=(32,),
        optimizer="adam",
        optimizer__learning_rate=0.01,
        loss="sparse_categorical_crossentropy",
        epochs=8,
        verbose=0,
        random_state=0,
    )
    classifier.fit(X / 16, y)
    assert np.mean(classifier.predict(X_test / 16) == y_test) > 0.9
    assert classifier.model_.count_params() == 64 * 32 + 32 + 32 * 10 + 10
