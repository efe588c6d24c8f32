"""Prediction: configuration + weights + rows -> layer outputs, in NumPy alone."""

import math

import numpy as np
from scipy.special import erf, expit

# Rows that pass through the network together: bounds the memory that prediction takes.
CHUNK_ROWS = 1024


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
    """Pass rows through the first `depth` dense layers of a network.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    weights : list of ndarray
        Kernel (inputs, units) and bias (units,) of each dense layer in turn.
    X : ndarray of shape (n_samples, n_features)
        Any real dtype; converted chunk by chunk.
    shift, scale : float32
        The network sees ``(X - shift) * scale``.
    rows : ndarray of int, default=None
        The rows of X to use, all by default.
    depth : int, default=None
        How many dense layers; all by default.
    dtype : dtype, default=float32
        Precision of the arithmetic and of the result.

    Returns
    -------
    outputs : ndarray of shape (n_rows, n_units)
        Activations of that layer. Of the last layer: logits, before the softmax.
    """
    dense = [layer for layer in config["layers"] if layer["kind"] == "dense"][:depth]
    weights = [array.astype(dtype, copy=False) for array in weights[: 2 * len(dense)]]
    n_rows = len(X) if rows is None else len(rows)
    outputs = np.empty((n_rows, dense[-1]["units"]), dtype)
    inputs = np.empty((min(n_rows, CHUNK_ROWS), X.shape[1]), dtype)
    for start in range(0, n_rows, CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        picked = X[chunk if rows is None else rows[chunk]]
        hidden = np.subtract(picked, shift, out=inputs[: len(picked)], casting="same_kind")
        hidden *= scale
        for layer, kernel, bias in zip(dense, weights[0::2], weights[1::2], strict=True):
            hidden = hidden @ kernel
            hidden += bias
            if layer["activation"] != "softmax":
                hidden = ACTIVATIONS[layer["activation"]](hidden)
        outputs[chunk] = hidden
    return outputs
