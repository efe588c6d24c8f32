"""Conversion to ONNX; importing this module registers the classifiers with skl2onnx."""

from skdigits._utils import require

require("skdigits.onnx", "skl2onnx", "onnxruntime")

import math

import numpy as np
import skl2onnx
from onnx import TensorProto, numpy_helper
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
    guess_proto_type,
)
from skl2onnx.common.utils_classifier import get_label_classes
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import (
    ConvDigitClassifier,
    DenseDigitClassifier,
    DigitImageNormalizer,
    ReducedDigitClassifier,
)
from skdigits._architecture import (
    EPSILON,
    convolved_shape,
    named_weights,
    pooled_shape,
    same_padding,
)
from skdigits._estimators.persistence import snapshot

__all__ = ["to_onnx"]

INPUT_TYPES = {"float32": FloatTensorType, "float64": DoubleTensorType}


def to_onnx(model, *, dtype="float32", target_opset=18, options=None):
    """Convert a fitted classifier, or a pipeline that ends with one, to ONNX.

    Parameters
    ----------
    model : estimator
        A classifier of skdigits, or a scikit-learn estimator that contains one, such as a Pipeline
        or a GridSearchCV. skl2onnx must be able to convert all of its parts, which excludes
        `DigitImageNormalizer`.
    dtype : {"float32", "float64"}, default="float32"
        Type of the input and of the probabilities. Networks always compute in float32; with
        "float64", the steps before them compute in float64.
    target_opset : int or dict, default=18
        Version of the ONNX operator set. ONNX Runtime has supported 18 since version 1.14.
    options : dict, default=None
        Options of skl2onnx. ``{"zipmap": False}`` returns the probabilities as an array instead
        of a list of dicts; ``{"zipmap": "columns"}`` returns one output per class.

    Returns
    -------
    onnx_model : onnx.ModelProto
        Its input "X" has the shape (n_samples, n_features): rows of pixels, even for
        convolutional networks. Its outputs are the labels and the probabilities.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ValueError
        If the model contains a `DigitImageNormalizer`, or if `dtype` is invalid.

    Examples
    --------
    >>> import onnxruntime
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdigits import DenseDigitClassifier
    >>> from skdigits.onnx import to_onnx
    >>> X, y = load_digits(return_X_y=True)
    >>> model = make_pipeline(PCA(0.9), DenseDigitClassifier(32, random_state=0)).fit(X, y)
    >>> onnx_model = to_onnx(model, options={"zipmap": False})
    >>> session = onnxruntime.InferenceSession(onnx_model.SerializeToString())
    >>> labels, probabilities = session.run(None, {"X": X[:5].astype("float32")})
    >>> float(abs(probabilities - model.predict_proba(X[:5])).max()) < 1e-5
    True
    """
    check_is_fitted(model)
    name = np.dtype(dtype).name
    if name not in INPUT_TYPES:
        raise ValueError(f"dtype must be float32 or float64; got {name}")
    # A pipeline that reads images of any size has no fixed number of features.
    input_type = INPUT_TYPES[name]([None, getattr(model, "n_features_in_", None)])
    return skl2onnx.to_onnx(
        model, initial_types=[("X", input_type)], target_opset=target_opset, options=options
    )


# Keras' definitions, in operators that all versions of ONNX since 2019 have.
_HALF, _ONE, _ROOT_HALF = np.float32([0.5, 1.0, math.sqrt(0.5)])
_ACTIVATIONS = {
    "elu": lambda add, x: add("Elu", x),
    "gelu": lambda add, x: add(
        "Mul", add("Mul", x, _HALF), add("Add", add("Erf", add("Mul", x, _ROOT_HALF)), _ONE)
    ),
    "leaky_relu": lambda add, x: add("LeakyRelu", x, alpha=0.2),
    "linear": lambda add, x: x,
    "mish": lambda add, x: add("Mul", x, add("Tanh", add("Softplus", x))),
    "relu": lambda add, x: add("Relu", x),
    "selu": lambda add, x: add("Selu", x),
    "sigmoid": lambda add, x: add("Sigmoid", x),
    "silu": lambda add, x: add("Mul", x, add("Sigmoid", x)),
    "softmax": lambda add, x: add("Softmax", x, axis=1),
    "softplus": lambda add, x: add("Softplus", x),
    "softsign": lambda add, x: add("Softsign", x),
    "tanh": lambda add, x: add("Tanh", x),
}


class _Graph:
    """The graph that skl2onnx builds."""

    def __init__(self, scope, container):
        self._scope = scope
        self._container = container

    def add(self, operator, *inputs, output=None, **attributes):
        """Apply an operator to earlier outputs, by name, or constants; return its output's name."""
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        output = output or self._scope.get_unique_variable_name(operator.lower())
        name = self._scope.get_unique_operator_name(operator)
        self._container.add_node(operator, names, output, name=name, **attributes)
        return output

    def _constant(self, values):
        name = self._scope.get_unique_variable_name("constant")
        if _are_strings(values):
            encoded = [value.encode() for value in values]
            self._container.add_initializer(name, TensorProto.STRING, values.shape, encoded)
        else:
            tensor = numpy_helper.from_array(np.ascontiguousarray(values))
            self._container.add_initializer(name, tensor.data_type, tensor.dims, tensor)
        return name


def _are_strings(values):
    return values.dtype.kind in "OTU"


def _convert_network(scope, operator, container):
    """Add a dense or convolutional network to the graph."""
    add = _Graph(scope, container).add
    fitted = snapshot(operator.raw_operator)
    labels, probabilities = operator.outputs
    shift, scale = fitted._scaling
    hidden = add("Cast", operator.inputs[0].full_name, to=TensorProto.FLOAT)
    hidden = add("Mul", add("Sub", hidden, shift), scale)
    hidden = _add_layers(add, fitted.network_config_, fitted._weights, hidden)
    to = guess_proto_type(probabilities.type)
    add("Cast", hidden, to=to, output=probabilities.full_name)
    classes = get_label_classes(scope, operator.raw_operator)
    if not _are_strings(classes):
        classes = classes.astype(np.int64)
    indices = add("ArgMax", hidden, axis=1, keepdims=0)
    add("Gather", classes, indices, output=labels.full_name)


def _add_layers(add, config, weights, hidden):
    """Add all layers of a network."""
    image_shape = config.get("image_shape")
    if image_shape:
        hidden = add("Reshape", hidden, np.array([0, 1, *image_shape]))
    for layer, arrays in named_weights(config, weights):
        if layer["kind"] == "convolution":
            hidden = _add_convolution(add, layer, arrays, image_shape, hidden)
            image_shape = pooled_shape(layer, convolved_shape(layer, image_shape))
        else:
            kernel = arrays["kernel"]
            if image_shape:  # channels come last here, but first in ONNX
                units = kernel.shape[1]
                by_pixel = kernel.reshape(*image_shape, -1, units)
                kernel = by_pixel.transpose(2, 0, 1, 3).reshape(-1, units)
                hidden = add("Flatten", hidden, axis=1)
                image_shape = None
            hidden = add("Gemm", hidden, kernel, arrays["bias"])
        hidden = _ACTIVATIONS[layer["activation"]](add, hidden)
    return hidden


def _add_convolution(add, layer, arrays, image_shape, hidden):
    """Add a convolution, its pooling and its batch normalization."""
    kernel = arrays["kernel"].transpose(3, 2, 0, 1)
    bias = [arrays["bias"]] if "bias" in arrays else []  # before the pooling, with the same result
    pads = _pads(layer, image_shape, layer["kernel_size"], (1, 1))
    hidden = add("Conv", hidden, kernel, *bias, pads=pads)
    pool = layer["pool_size"]
    if max(pool) > 1:
        pads = _pads(layer, convolved_shape(layer, image_shape), pool, pool)
        hidden = add("MaxPool", hidden, kernel_shape=pool, strides=pool, pads=pads)
    if layer["batch_normalization"]:
        statistics = [arrays[name] for name in ("gamma", "beta", "mean", "variance")]
        hidden = add("BatchNormalization", hidden, *statistics, epsilon=EPSILON)
    return hidden


def _pads(layer, image_shape, windows, strides):
    """Return the rows and columns to add before the image, then those to add after it."""
    if layer["padding"] == "valid":
        return [0, 0, 0, 0]
    sides = zip(image_shape, windows, strides, strict=True)
    before, after = zip(*(same_padding(*side) for side in sides), strict=True)
    return [*before, *after]


def _convert_reduced(scope, operator, container):
    """Convert a reducer and its classifier as a pipeline."""
    fitted = snapshot(operator.raw_operator)
    pipeline = Pipeline([("reducer", fitted.reducer_), ("classifier", fitted.classifier_)])
    options = scope.get_options(operator.raw_operator, {"nocl": False})
    if options["nocl"]:
        for target in (scope, container):
            target.add_options(id(fitted.classifier_), {"nocl": True})
    parts = scope.declare_local_operator(skl2onnx.get_model_alias(Pipeline), pipeline)
    parts.inputs = operator.inputs
    for output in operator.outputs:
        part = scope.declare_local_variable(output.raw_name, output.type)
        parts.outputs.append(part)
        _Graph(scope, container).add("Identity", part.full_name, output=output.full_name)


def _set_output_shapes(operator):
    """Set the types and shapes of labels and probabilities, as skl2onnx requires."""
    classes = get_label_classes(operator.scope_inst, operator.raw_operator)
    n_samples = operator.inputs[0].get_first_dimension()
    labels = StringTensorType if _are_strings(classes) else Int64TensorType
    operator.outputs[0].set_type(labels([n_samples]))
    operator.outputs[1].type.shape = [n_samples, len(classes)]


def _refuse_normalizer(scope, model, inputs, custom_parsers=None):
    raise ValueError(
        "DigitImageNormalizer cannot be converted to ONNX; convert the steps that follow it, and "
        "pass them normalized images"
    )


def _register(estimator, convert):
    skl2onnx.update_registered_converter(
        estimator,
        f"Skdigits{estimator.__name__}",
        _set_output_shapes,
        convert,
        options={
            "zipmap": [True, False, "columns"],
            "nocl": [True, False],
            "output_class_labels": [False, True],
        },
    )


_register(DenseDigitClassifier, _convert_network)
_register(ConvDigitClassifier, _convert_network)
_register(ReducedDigitClassifier, _convert_reduced)
skl2onnx.update_registered_parser(DigitImageNormalizer, _refuse_normalizer)
