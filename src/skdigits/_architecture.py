"""What a network's configuration implies: the shapes of its layers and of their weights."""

import math

# Of the weights, those that training follows instead of learning them.
MOVING = ("mean", "variance")
EPSILON = 1e-3  # what Keras adds to the variance in batch normalization


def padding_of(size, window, stride):
    """Lines that "same" padding puts before and behind `size` lines, as TensorFlow does."""
    total = max((math.ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _size_behind(size, window, stride, padding):
    """Positions of a window along an axis."""
    return math.ceil((size if padding == "same" else size - window + 1) / stride)


def convolved_shape(layer, shape):
    """Height and width of what a convolution makes of an image."""
    return [
        _size_behind(size, kernel, 1, layer["padding"])
        for size, kernel in zip(shape, layer["kernel_size"], strict=True)
    ]


def pooled_shape(layer, shape):
    """Height and width of what its pooling makes of that."""
    return [
        _size_behind(size, pool, pool, layer["padding"])
        for size, pool in zip(shape, layer["pool_size"], strict=True)
    ]


def weights_by_layer(config):
    """Names and shapes of the weights of every layer, in Keras' order.

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
    image_shape, channels = config.get("image_shape"), 1
    n_inputs = config["n_features"]
    for layer in config["layers"]:
        shapes = {}
        if layer["kind"] == "convolution":
            filters = layer["filters"]
            shapes["kernel"] = (*layer["kernel_size"], channels, filters)
            names = ("gamma", "beta", *MOVING) if layer["batch_normalization"] else ("bias",)
            shapes.update(dict.fromkeys(names, (filters,)))
            image_shape = pooled_shape(layer, convolved_shape(layer, image_shape))
            channels = filters
            n_inputs = math.prod(image_shape) * channels
        elif layer["kind"] == "dense":
            shapes["kernel"] = (n_inputs, layer["units"])
            shapes["bias"] = (layer["units"],)
            n_inputs = layer["units"]
        layers.append((layer, shapes))
    return layers


def named_weights(config, weights):
    """Layers with their weights by name, without those layers that have none."""
    weights = iter(weights)
    return [
        (layer, {name: next(weights) for name in shapes})
        for layer, shapes in weights_by_layer(config)
        if shapes
    ]
