"""Networks: plain arguments to a configuration, a configuration to a Keras network.

A configuration is plain data, the one description of a network that training, prediction
and persistence share: ``{"n_features": 784, "layers": [{"kind": "dense", ...}, ...]}``.
"""

import keras


def dense_config(n_features, n_classes, *, hidden_layer_sizes=(), activation="relu", dropout=0.0):
    """Describe a dense network: hidden layers, then a softmax over the classes.

    Parameters
    ----------
    n_features : int
        Number of input features.
    n_classes : int
        Number of classes.
    hidden_layer_sizes : sequence of int, default=()
        Units of each hidden layer. None at all is softmax regression.
    activation : str, default="relu"
        Activation of the hidden layers, by its Keras name.
    dropout : float, default=0.0
        Fraction of units dropped behind every hidden layer while training.

    Returns
    -------
    config : dict
        Plain data: ``n_features`` and a list of ``layers``.

    Examples
    --------
    >>> from skdigits.networks import dense_config
    >>> dense_config(4, 2, hidden_layer_sizes=(3,))["layers"][0]
    {'kind': 'dense', 'units': 3, 'activation': 'relu'}
    """
    layers = []
    for units in hidden_layer_sizes:
        layers.append({"kind": "dense", "units": int(units), "activation": activation})
        if dropout:
            layers.append({"kind": "dropout", "rate": float(dropout)})
    layers.append({"kind": "dense", "units": int(n_classes), "activation": "softmax"})
    return {"n_features": int(n_features), "layers": layers}


def build_network(config, *, scale=1.0, offset=0.0):
    """Build the Keras network that a configuration describes.

    Parameters
    ----------
    config : dict
        What `dense_config` returns, or the ``network_config_`` of a fitted classifier.
    scale, offset : float, default=1.0, 0.0
        The network begins with ``x * scale + offset``, as a layer of its own if it does anything.

    Returns
    -------
    network : keras.Sequential
        Built, with fresh weights, not compiled.

    Examples
    --------
    >>> from skdigits.networks import build_network, dense_config
    >>> build_network(dense_config(784, 10, hidden_layer_sizes=(700,))).count_params()
    556510
    """
    layers = [keras.Input((config["n_features"],))]
    if (scale, offset) != (1.0, 0.0):
        layers.append(keras.layers.Rescaling(float(scale), float(offset)))
    for layer in config["layers"]:
        if layer["kind"] == "dense":
            layers.append(keras.layers.Dense(layer["units"], activation=layer["activation"]))
        else:
            layers.append(keras.layers.Dropout(layer["rate"]))
    return keras.Sequential(layers)


def dense_network(n_features, n_classes, *, hidden_layer_sizes=(), activation="relu", dropout=0.0):
    """Build a dense Keras network, to be used as it is or inside scikeras.

    Parameters
    ----------
    n_features, n_classes, hidden_layer_sizes, activation, dropout
        As for `dense_config`.

    Returns
    -------
    network : keras.Sequential
        Built, not compiled.

    Examples
    --------
    >>> from skdigits.networks import dense_network
    >>> dense_network(784, 10).count_params()
    7850
    """
    return build_network(
        dense_config(
            n_features,
            n_classes,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            dropout=dropout,
        )
    )
