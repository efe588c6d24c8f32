"""Prediction: configuration + weights + rows -> layer outputs, in NumPy and SciPy."""

import math

import numpy as np
from scipy.special import erf, expit

from skdigits._architecture import named_weights
from skdigits._inference.convolution import convolution_outputs

# Rows that pass through a network together: bounds the memory that prediction takes. A
# convolution makes many numbers of a pixel, which should not leave the processor's cache.
CHUNK_ROWS = 1024
CHUNK_IMAGES = 32


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# As Keras defines them. They may overwrite their argument.
ACTIVATIONS = {
    "elu": _elu,
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "linear": lambda x: x,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "relu": lambda x: np.maximum(x, 0, out=x),
    "selu": lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "sigmoid": lambda x: expit(x, out=x),
    "silu": lambda x: x * expit(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": lambda x: np.tanh(x, out=x),
}


def softmax(logits):
    """Probabilities of each row of logits, shape (n_samples, n_classes)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def log_softmax(logits):
    """Logarithms of the probabilities of each row of logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def layer_outputs(config, weights, X, shift, scale, *, rows=None, depth=None, dtype=np.float32):
    """Pass rows through the first `depth` layers of a network, dropout not counted.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    weights : list of ndarray
        Of each layer in turn, in Keras' order.
    X : ndarray of shape (n_samples, n_features)
        Any real dtype; converted chunk by chunk.
    shift, scale : float32
        The network sees ``(X - shift) * scale``.
    rows : ndarray of int, default=None
        The rows of X to use, all by default.
    depth : int, default=None
        How many layers; all by default.
    dtype : dtype, default=float32
        Precision of the arithmetic and of the result.

    Returns
    -------
    outputs : ndarray of shape (n_rows, n_units) or (n_rows, height, width, filters)
        Activations of that layer. Of the last layer: logits, before the softmax.
    """
    layers = [
        (layer, {name: array.astype(dtype, copy=False) for name, array in arrays.items()})
        for layer, arrays in named_weights(config, weights)[:depth]
    ]
    chunk_rows = CHUNK_IMAGES if "image_shape" in config else CHUNK_ROWS
    n_rows = len(X) if rows is None else len(rows)
    inputs = np.empty((min(n_rows, chunk_rows), X.shape[1]), dtype)
    outputs = None
    for start in range(0, n_rows, chunk_rows):
        chunk = slice(start, start + chunk_rows)
        picked = X[chunk if rows is None else rows[chunk]]
        hidden = np.subtract(picked, shift, out=inputs[: len(picked)], casting="same_kind")
        hidden *= scale
        hidden = _forward(config, layers, hidden)
        if outputs is None:
            outputs = np.empty((n_rows, *hidden.shape[1:]), dtype)
        outputs[chunk] = hidden
    return outputs


def _forward(config, layers, hidden):
    """Outputs of the last of the layers for one chunk of scaled rows."""
    if "image_shape" in config:
        hidden = hidden.T.reshape(*config["image_shape"], len(hidden), 1)
    for layer, weights in layers:
        activation = ACTIVATIONS.get(layer["activation"])
        if layer["kind"] == "convolution":
            hidden = convolution_outputs(layer, weights, hidden, activation)
            continue
        if hidden.ndim > 2:
            hidden = _images_first(hidden).reshape(hidden.shape[2], -1)
        hidden = hidden @ weights["kernel"]
        hidden += weights["bias"]
        if activation:
            hidden = activation(hidden)
    return hidden if hidden.ndim == 2 else _images_first(hidden)


def _images_first(images):
    return images.transpose(2, 0, 1, 3)
