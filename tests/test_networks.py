"""Networks used by themselves and inside scikeras."""

import keras
import numpy as np
import pytest
from scikeras.wrappers import KerasClassifier

from skdigits.networks import build_network, dense_config, dense_network


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
