"""Describe networks as plain data, and build them in Keras.

A configuration is plain data. Training, prediction and persistence share this one description of a
network: ``{"n_features": 784, "layers": [{"kind": "dense", ...}, ...]}``, and
``"image_shape": [28, 28]`` if the features are the pixels of images.
"""

from skdigits._training.quiet import without_log_messages
from skdigits._utils import is_int, require

# Checked here, as every fit and every conversion to Keras imports this module first.
require("training networks, or converting them to Keras,", "keras", "tensorflow")

with without_log_messages():
    import keras
import numpy as np

from skdigits._architecture import convolved_shape, pooled_shape
from skdigits._images.shapes import format_shape

__all__ = ["build_network", "conv_config", "conv_network", "dense_config", "dense_network"]


def dense_config(n_features, n_classes, *, hidden_layer_sizes=(), activation="relu", dropout=0.0):
    """Describe a dense network: hidden layers, then a softmax over the classes.

    Parameters
    ----------
    n_features : int
        Number of input features.
    n_classes : int
        Number of classes.
    hidden_layer_sizes : sequence of int, default=()
        Units of each hidden layer. ``()`` is softmax regression.
    activation : str, default="relu"
        Activation of the hidden layers, by its Keras name.
    dropout : float, default=0.0
        Fraction of units to drop after every hidden layer during training.

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


def conv_config(
    image_shape,
    n_classes,
    *,
    filters=(32,),
    kernel_size=3,
    pool_size=None,
    padding="valid",
    batch_normalization=False,
    hidden_layer_sizes=(),
    activation="relu",
    dropout=0.0,
):
    """Describe a convolutional network for gray images.

    Max pooling, batch normalization and activation follow each convolution, in this order: pooling
    first is less work and, without batch normalization and with a monotonic activation, gives the
    same result. Dense layers follow as in `dense_config`.

    Parameters
    ----------
    image_shape : (int, int)
        Height and width.
    n_classes : int
        Number of classes.
    filters : sequence of int, default=(32,)
        Filters of each convolution.
    kernel_size : int, or sequence of int or (int, int), default=3
        Size of all kernels, or of each, or height and width of each.
    pool_size : None, int, or sequence of None, int or (int, int), default=None
        Size of the pooling windows, in the same forms; None means no pooling.
    padding : {"valid", "same"}, default="valid"
        "valid" leaves out windows that reach beyond the border. "same" pads images with zeros for
        convolutions and lets pooling windows at the border be smaller, so that everything fits.
    batch_normalization : bool, default=False
        Whether to normalize the output of convolutions (Ioffe and Szegedy, 2015).
    hidden_layer_sizes : sequence of int, default=()
        Units of each dense hidden layer after the convolutions.
    activation : str, default="relu"
        Activation of convolutions and hidden layers, by its Keras name.
    dropout : float, default=0.0
        Fraction of values to drop after the last convolution and after every hidden layer during
        training.

    Returns
    -------
    config : dict
        Plain data: ``n_features``, ``image_shape`` and a list of ``layers``.

    Raises
    ------
    ValueError
        If a kernel or a pooling window is larger than its input.

    Examples
    --------
    >>> from skdigits.networks import build_network, conv_config
    >>> build_network(conv_config((28, 28), 10, filters=(32, 32), kernel_size=5)).count_params()
    154474
    """
    image_shape = [int(size) for size in image_shape]
    kernels = _windows("kernel_size", kernel_size, len(filters))
    pools = _windows("pool_size", pool_size, len(filters))
    layers = []
    size = image_shape
    for number, n_filters, kernel, pool in zip(
        range(1, len(filters) + 1), filters, kernels, pools, strict=True
    ):
        layer = {
            "kind": "convolution",
            "filters": int(n_filters),
            "kernel_size": kernel,
            "pool_size": pool,
            "padding": padding,
            "batch_normalization": bool(batch_normalization),
            "activation": activation,
        }
        if padding == "same":  # a window larger than the image pools the same pixels
            layer["pool_size"] = list(map(min, pool, convolved_shape(layer, size)))
        for name, output_shape in (("kernel_size", convolved_shape), ("pool_size", pooled_shape)):
            if padding == "valid" and any(np.greater(layer[name], size)):
                raise ValueError(
                    f"{name} of convolution {number} is {format_shape(layer[name])}, but only "
                    f"{format_shape(size)} pixels of the image of {format_shape(image_shape)} "
                    "remain; use a smaller size, fewer convolutions or padding='same'"
                )
            size = output_shape(layer, size)
        layers.append(layer)
    if filters and dropout:
        layers.append({"kind": "dropout", "rate": float(dropout)})
    dense = dense_config(
        image_shape[0] * image_shape[1],
        n_classes,
        hidden_layer_sizes=hidden_layer_sizes,
        activation=activation,
        dropout=dropout,
    )
    return dense | {"image_shape": image_shape, "layers": layers + dense["layers"]}


def _windows(name, sizes, n_convolutions):
    """Return the height and width of the window of each convolution.

    `sizes` is one size for all convolutions, or one for each.
    """
    one_for_all = sizes is None or np.isscalar(sizes)
    is_sequence = not isinstance(sizes, dict | set) and getattr(sizes, "ndim", 1) > 0
    each = [sizes] * n_convolutions if one_for_all or not is_sequence else list(sizes)
    if len(each) != n_convolutions:
        are = "is 1 convolution" if n_convolutions == 1 else f"are {n_convolutions} convolutions"
        entries = "1 entry" if len(each) == 1 else f"{len(each)} entries"
        message = f"{name} has {entries}, but there {are}"
        if len(each) == 2 and all(map(is_int, each)):
            window = tuple(map(int, each))
            windows = "one window" if n_convolutions == 1 else "windows"
            pairs = ", ".join([str(window)] * n_convolutions)
            message += f"; for {windows} of {format_shape(window)}, pass [{pairs}]"
        raise ValueError(message)
    windows = []
    for size in each:
        if size is None and name == "pool_size":
            pair = [1, 1]
        else:
            pair = list(size) if np.ndim(size) == 1 else [size] * 2
        if len(pair) != 2 or not all(is_int(side) and side >= 1 for side in pair):
            raise ValueError(
                f"{name} must hold ints of at least 1 or pairs of them (height, width); "
                f"got {sizes!r}"
            )
        windows.append([int(side) for side in pair])
    return windows


def build_network(config, *, scale=1.0, offset=0.0):
    """Build the Keras network that a configuration describes.

    Parameters
    ----------
    config : dict
        As returned by `dense_config` or `conv_config`, or ``network_config_`` of a fitted
        classifier.
    scale, offset : float, default=1.0, 0.0
        The network begins with a layer that computes ``x * scale + offset``, unless that is the
        identity.

    Returns
    -------
    network : keras.Sequential
        The network, built but not compiled, with fresh weights.

    Examples
    --------
    >>> from skdigits.networks import build_network, dense_config
    >>> build_network(dense_config(784, 10, hidden_layer_sizes=(700,))).count_params()
    556510
    """
    layers = [keras.Input((config["n_features"],))]
    if (scale, offset) != (1.0, 0.0):
        layers.append(keras.layers.Rescaling(float(scale), float(offset)))
    flat = "image_shape" not in config
    if not flat:
        layers.append(keras.layers.Reshape((*config["image_shape"], 1)))
    for layer in config["layers"]:
        if layer["kind"] == "convolution":
            layers += _convolution_layers(layer)
            continue
        if not flat:
            layers.append(keras.layers.Flatten())
            flat = True
        if layer["kind"] == "dense":
            layers.append(keras.layers.Dense(layer["units"], activation=layer["activation"]))
        else:
            layers.append(keras.layers.Dropout(layer["rate"]))
    return keras.Sequential(layers)


def _convolution_layers(layer):
    padding = layer["padding"]
    layers = [
        keras.layers.Conv2D(
            layer["filters"],
            layer["kernel_size"],
            padding=padding,
            use_bias=not layer["batch_normalization"],
        )
    ]
    if layer["pool_size"] != [1, 1]:
        layers.append(keras.layers.MaxPooling2D(layer["pool_size"], padding=padding))
    if layer["batch_normalization"]:
        layers.append(keras.layers.BatchNormalization())
    layers.append(keras.layers.Activation(layer["activation"]))
    return layers


def dense_network(n_features, n_classes, *, hidden_layer_sizes=(), activation="relu", dropout=0.0):
    """Build a dense Keras network, for use with or without scikeras.

    Parameters
    ----------
    n_features, n_classes, hidden_layer_sizes, activation, dropout
        As for `dense_config`.

    Returns
    -------
    network : keras.Sequential
        The network, built but not compiled.

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


def conv_network(image_shape, n_classes, **parameters):
    """Build a convolutional Keras network, for use with or without scikeras.

    Parameters
    ----------
    image_shape, n_classes, **parameters
        As for `conv_config`.

    Returns
    -------
    network : keras.Sequential
        The network, built but not compiled. It takes rows of pixels.

    Examples
    --------
    >>> from skdigits.networks import conv_network
    >>> conv_network((28, 28), 10, filters=(32,), kernel_size=5).count_params()
    185162
    """
    return build_network(conv_config(image_shape, n_classes, **parameters))
