"""The shapes of layers and weights that a network's configuration determines."""

import math

# Moving statistics: training tracks them, but does not learn them.
MOVING = ("mean", "variance")
EPSILON = 1e-3  # added to the variance in batch normalization, as in Keras


def same_padding(size, window, stride):
    """Return how many rows "same" padding adds before and after `size` rows, as in TensorFlow."""
    total = max((math.ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _output_size(size, window, stride, padding):
    """Return the number of positions of a window along an axis."""
    return math.ceil((size if padding == "same" else size - window + 1) / stride)


def convolved_shape(layer, shape):
    """Return the height and width of the output of a convolution, before its pooling."""
    return [
        _output_size(size, kernel, 1, layer["padding"])
        for size, kernel in zip(shape, layer["kernel_size"], strict=True)
    ]


def pooled_shape(layer, shape):
    """Return the height and width of the output of a convolution's pooling."""
    return [
        _output_size(size, pool, pool, layer["padding"])
        for size, pool in zip(shape, layer["pool_size"], strict=True)
    ]


def input_shape(config):
    """Return the shape of one sample: an image with one channel, or a row of features."""
    image_shape = config.get("image_shape")
    return (*image_shape, 1) if image_shape else (config["n_features"],)


def output_shapes(config):
    """Return the shape of the output of each layer for one sample."""
    shapes, shape = [], input_shape(config)
    for layer in config["layers"]:
        if layer["kind"] == "convolution":
            shape = (*pooled_shape(layer, convolved_shape(layer, shape[:2])), layer["filters"])
        elif layer["kind"] == "dense":
            shape = (layer["units"],)
        shapes.append(shape)
    return shapes


def has_weights(layer):
    """Return whether a layer has weights; dropout has none."""
    return layer["kind"] != "dropout"


def _weight_names(layer):
    """Return the names of the weights of a layer other than dropout, in Keras' order."""
    if layer.get("batch_normalization"):
        return ("kernel", "gamma", "beta", *MOVING)
    return ("kernel", "bias")


def weights_by_layer(config):
    """List the names and shapes of the weights of every layer, in Keras' order.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.

    Returns
    -------
    layers : list of (dict, dict)
        Each layer with its weights, ``{name: shape}``, which are empty for dropout.
    """
    layers = []
    inputs = [input_shape(config), *output_shapes(config)[:-1]]
    for layer, shape in zip(config["layers"], inputs, strict=True):
        shapes = {}
        if has_weights(layer):
            if layer["kind"] == "convolution":
                kernel = (*layer["kernel_size"], shape[-1], layer["filters"])
            else:
                kernel = (math.prod(shape), layer["units"])
            shapes = dict.fromkeys(_weight_names(layer), kernel[-1:]) | {"kernel": kernel}
        layers.append((layer, shapes))
    return layers


def n_trainable(shapes):
    """Return the number of trainable weights of a layer, given their shapes by name."""
    return sum(math.prod(shape) for name, shape in shapes.items() if name not in MOVING)


def named_weights(config, weights):
    """Pair each layer that has weights with its weights by name."""
    weights = iter(weights)
    return [
        (layer, {name: next(weights) for name in _weight_names(layer)})
        for layer in config["layers"]
        if has_weights(layer)
    ]
