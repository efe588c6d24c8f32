"""Compute layer outputs from a configuration, weights and samples, in NumPy and SciPy."""

import math

import numpy as np
from scipy.special import erf, expit

from skdigits._architecture import has_weights, named_weights, output_shapes
from skdigits._inference.convolution import convolution_outputs, images_per_chunk
from skdigits._inference.threads import run_in_threads

# Samples per chunk of a dense network, to bound the memory of prediction.
CHUNK_SAMPLES = 1024


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# Activations as Keras defines them. They may overwrite their argument.
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


def layer_outputs(config, weights, X, shift, scale, *, indices=None, depth=None, dtype=np.float32):
    """Pass samples through the first `depth` layers of a network, not counting dropout.

    Parameters
    ----------
    config : dict
        The network, as `skdigits.networks` describes it.
    weights : list of ndarray
        Weights of all layers, in Keras' order.
    X : ndarray of shape (n_samples, n_features)
        Any real dtype; converted chunk by chunk.
    shift, scale : float32
        The network sees ``(X - shift) * scale``.
    indices : ndarray of int, default=None
        Rows of X to use; all by default.
    depth : int, default=None
        Number of layers; all by default.
    dtype : dtype, default=float32
        Precision of the arithmetic and of the result.

    Returns
    -------
    outputs : ndarray of shape (n_samples, n_units) or (n_samples, height, width, filters)
        Activations of the last of these layers; for the output layer, the logits.
    """
    layers = [
        (layer, {name: array.astype(dtype, copy=False) for name, array in arrays.items()})
        for layer, arrays in named_weights(config, weights)[:depth]
    ]
    n_samples = len(X) if indices is None else len(indices)

    def pass_chunk(start, out=None):
        chunk = slice(start, start + chunk_size)
        samples = X[chunk if indices is None else indices[chunk]]
        if samples.dtype == np.float64:
            samples = samples.astype(np.float32)  # as in training
        if out is not None:
            out = out[: len(samples)]
        hidden = np.subtract(samples, shift, out=out, dtype=dtype, casting="same_kind")
        hidden *= scale
        outputs[chunk] = _forward(config, layers, hidden)

    shapes = output_shapes(config)
    shape = [s for s, layer in zip(shapes, config["layers"], strict=True) if has_weights(layer)]
    outputs = np.empty((n_samples, *shape[:depth][-1]), dtype)
    if "image_shape" in config:
        # For one image, computing the size would take as long as a layer.
        chunk_size = images_per_chunk(config) if n_samples > 1 else 1
        run_in_threads(pass_chunk, range(0, n_samples, chunk_size))
    else:  # a few large products, which BLAS runs in threads
        chunk_size = CHUNK_SAMPLES
        buffer = np.empty((min(n_samples, chunk_size), X.shape[1]), dtype)
        for start in range(0, n_samples, chunk_size):
            pass_chunk(start, out=buffer)
    return outputs


def _forward(config, layers, hidden):
    """Pass one chunk of scaled samples through the layers."""
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
