"""Convolutional networks for images of digits."""

import math
import warnings
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.fitting import positive, positive_ints
from skdigits._images.shapes import by, shape_of_rows
from skdigits._inference.forward import ACTIVATIONS

AUGMENTATION = ("shift", "rotation", "zoom")
LARGEST = float(np.finfo(np.float32).max)


class ConvDigitClassifier(BaseDigitClassifier):
    """Classifier of digits by a convolutional neural network.

    Each convolution is followed by its max pooling, its batch normalization and its activation, in
    this order; dense layers come behind the last one. It is trained by Keras' optimizers in a
    compiled loop and predicts in NumPy, without TensorFlow. The defaults come from experiments on
    a validation split of MNIST; they are told in ``docs/defaults.md``.

    Samples are rows of pixels, or images of shape (n_samples, height, width) or (n_samples,
    height, width, 1), wherever ``X`` is taken.

    Parameters
    ----------
    filters : int or sequence of int, default=(16, 32, 64)
        Filters of each convolution. An int is one convolution.
    kernel_size : int or sequence, default=3
        Side of the kernels: one int for all convolutions, or an int or a pair (height, width) for
        each.
    pool_size : int, None or sequence, default=2
        Side of the pooling windows: one int for all convolutions, or an int, a pair (height,
        width) or None for each; None does not pool.
    padding : {"same", "valid"}, default="same"
        "same" puts zeros around the image, and the last pooling window of a line may be smaller,
        so that every kernel and pooling fits every image. "valid" leaves out windows that reach
        over the border.
    batch_normalization : bool, default=True
        Whether to normalize what each convolution returns ([1]_). The mean and variance to predict
        with are moving averages over about ten batches.
    hidden_layer_sizes : int or sequence of int, default=(128,)
        Units of each dense hidden layer behind the convolutions; ``()`` for none.
    activation : str, default="relu"
        Activation of convolutions and hidden layers: "elu", "gelu", "leaky_relu", "linear",
        "mish", "relu", "selu", "sigmoid", "silu", "softplus", "softsign" or "tanh", as Keras
        defines them.
    dropout : float, default=0.3
        Fraction that is dropped behind the last convolution and behind every hidden layer while
        training, in [0, 1).
    image_shape : (int, int), default=None
        Height and width of the images that rows of pixels make. None takes it from X where X holds
        images, takes a square where one is possible, and else a single line of pixels, with a
        warning.
    augmentation : dict, default=None
        Show every image a little different in each epoch: ``{"shift": 2, "rotation": 10, "zoom":
        0.1}`` moves it up to 2 pixels along each axis, turns it up to 10 degrees and makes it up
        to a tenth larger or smaller; each is 0 where it is left out. What comes in from outside
        repeats the border.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Arithmetic of convolutions while training; everything else, weights and prediction are
        float32. "mixed_bfloat16" is about twice as fast where the processor multiplies bfloat16
        itself (AVX512-BF16, AMX, or a GPU). Elsewhere it is emulated and much slower, which a
        warning says.
    optimizer : str, default="adam"
        A Keras optimizer with Keras' own settings: "adadelta", "adafactor", "adagrad", "adam",
        "adamax", "adamw", "ftrl", "lion", "muon", "nadam", "rmsprop", "schedulefreeadamw" or
        "sgd".
    learning_rate : float or None, default=0.003
        None is Keras' default for the optimizer: 0.001, but 0.01 for "sgd" and 0.0025 for
        "schedulefreeadamw".
    learning_rate_schedule : str, default="one_cycle"
        "constant"; "exponential" (times ``decay_rate ** (step / decay_steps)``); "cosine" (down
        to 0 over all epochs, [2]_); or "one_cycle" (linearly up from a 25th of `learning_rate`,
        then like a cosine down to 0, [3]_).
    decay_steps : float, default=10_000
        Steps in which the "exponential" schedule decays by `decay_rate`. A step is a batch.
    decay_rate : float, default=0.9
        Of the "exponential" schedule.
    warmup : float, default=0.25
        Fraction of all steps in which the "one_cycle" schedule rises, in [0, 1).
    batch_size : int, default=128
        Samples a step. The last batch of an epoch may be smaller.
    epochs : int, default=8
        Times that all samples are seen, at most if `early_stopping`.
    standardize : bool, default=True
        Let the network see ``(X - mean) / std`` with the (weighted) mean and standard deviation
        of all training values, one number each, so that results do not depend on the unit of X.
        False trains on X as it is.
    early_stopping : bool, default=False
        Stop when the loss on validation samples has not fallen for `patience` epochs. They are
        the ``X_val, y_val`` given to `fit` or else a stratified part of the training samples.
    validation_fraction : float, default=0.1
        Part of the training samples that is held out then, in (0, 1).
    patience : int, default=3
        Epochs to wait for a lower validation loss. Schedules that end ("cosine", "one_cycle") are
        laid out for all `epochs` and are cut off by an early stop.
    restore_best_weights : bool, default=True
        Whether `early_stopping` ends with the weights of the epoch of lowest validation loss,
        and not with the last ones.
    class_weight : dict or "balanced", default=None
        Weight of each class, multiplied with ``sample_weight``; 1 for classes that a dict leaves
        out. "balanced" gives all classes the same total weight.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights, optimizer state and scaling.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, of the order of the samples, of dropout, of augmentation and
        of the validation split. The same int gives the same network in any process, thread or
        `n_jobs` on the same kind of machine with the same number of TensorFlow threads.
    verbose : bool or int, default=False
        Whether to print a line after every epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had string column names.
    fit_time_ : float
        Seconds that the last `fit` or `partial_fit` took, checks and compiling included.
    epoch_times_ : list of float
        Seconds of each epoch that was trained, validation included; goes on with `partial_fit`
        and ``warm_start``.
    n_iter_ : int
        Number of these epochs.
    best_epoch_ : int
        The epoch (counted from 1) of lowest validation loss in the last fit; without validation
        the last one.
    history_ : dict of lists
        "loss" and "accuracy" of each epoch, measured while training, and "val_loss" and
        "val_accuracy" after it if there were validation samples.
    n_parameters_ : int
        Number of trained weights.
    image_shape_ : (int, int)
        Height and width of the images.
    coefs_ : list of ndarray
        Kernels of each layer, float32: (height, width, n_inputs, n_filters) of convolutions,
        (n_inputs, n_units) of dense layers.
    intercepts_ : list of ndarray of shape (n_units,)
        Biases of each layer, float32; of a batch-normalized convolution what it adds in the end.
    network_config_ : dict
        The network as plain data, for `skdigits.networks.build_network`.

    References
    ----------
    .. [1] Ioffe, Szegedy: Batch normalization: Accelerating deep network training by reducing
       internal covariate shift. ICML 2015.
    .. [2] Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.
    .. [3] Smith: A disciplined approach to neural network hyper-parameters. arXiv:1803.09820.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skdigits import ConvDigitClassifier
    >>> digits = load_digits()
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     digits.images, digits.target, random_state=0
    ... )
    >>> classifier = ConvDigitClassifier(filters=(16, 32), pool_size=2, random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    >>> classifier.image_shape_
    (8, 8)
    """

    _parameter_constraints = {
        "filters": ["array-like", positive(Integral)],
        "kernel_size": ["array-like", positive(Integral)],
        "pool_size": ["array-like", positive(Integral), None],
        "padding": [StrOptions({"same", "valid"})],
        "batch_normalization": ["boolean"],
        "hidden_layer_sizes": ["array-like", positive(Integral)],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "image_shape": ["array-like", None],
        "augmentation": [dict, None],
        "precision": [StrOptions({"float32", "mixed_bfloat16"})],
        **BaseDigitClassifier._parameter_constraints,
    }

    def __init__(
        self,
        filters=(16, 32, 64),
        *,
        kernel_size=3,
        pool_size=2,
        padding="same",
        batch_normalization=True,
        hidden_layer_sizes=(128,),
        activation="relu",
        dropout=0.3,
        image_shape=None,
        augmentation=None,
        precision="float32",
        optimizer="adam",
        learning_rate=0.003,
        learning_rate_schedule="one_cycle",
        decay_steps=10_000,
        decay_rate=0.9,
        warmup=0.25,
        batch_size=128,
        epochs=8,
        standardize=True,
        early_stopping=False,
        validation_fraction=0.1,
        patience=3,
        restore_best_weights=True,
        class_weight=None,
        warm_start=False,
        random_state=None,
        verbose=False,
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.padding = padding
        self.batch_normalization = batch_normalization
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.image_shape = image_shape
        self.augmentation = augmentation
        self.precision = precision
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.warmup = warmup
        self.batch_size = batch_size
        self.epochs = epochs
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _network_config(self, n_features, n_classes):
        from skdigits.networks import conv_config  # Keras is imported by those who train

        filters = positive_ints("filters", self.filters)
        if not filters:
            raise ValueError("filters must name at least one convolution; got none")
        return conv_config(
            self.image_shape_,
            n_classes,
            filters=filters,
            kernel_size=self.kernel_size,
            pool_size=self.pool_size,
            padding=self.padding,
            batch_normalization=self.batch_normalization,
            hidden_layer_sizes=positive_ints("hidden_layer_sizes", self.hidden_layer_sizes),
            activation=self.activation,
            dropout=self.dropout,
        )

    def _as_rows(self, X, *, reset=False, name="X"):
        if not hasattr(X, "shape"):
            X = np.asarray(X)
        shape = X.shape
        holds_images = len(shape) == 3 or (len(shape) == 4 and shape[3] == 1)
        if len(shape) > 2 and not holds_images:
            raise ValueError(
                f"{name} must hold rows of pixels, images (n_samples, height, width) or "
                f"(n_samples, height, width, 1); got shape {shape}"
            )
        if reset:
            self.image_shape_ = self._image_shape(shape)
        elif self.image_shape is not None and tuple(self.image_shape) != self.image_shape_:
            raise ValueError(
                f"image_shape is {self.image_shape!r}, but the classifier was fitted on images of "
                f"{by(self.image_shape_)} pixels"
            )
        if not holds_images:
            if not reset and shape == self.image_shape_ and shape[0] > 1:
                raise ValueError(
                    f"{name} has the shape of a single image, {by(shape)}; give {name}[None]"
                )
            return X
        if tuple(shape[1:3]) != self.image_shape_:
            raise ValueError(
                f"{name} holds images of {by(shape[1:3])} pixels, but "
                f"{'image_shape is' if reset else 'the network is for images of'} "
                f"{by(self.image_shape_)}"
            )
        return X.reshape(len(X), math.prod(shape[1:]))

    def _image_shape(self, shape):
        """Height and width of the images in an X of the given shape."""
        if len(shape) > 2:
            given = self.image_shape is not None
            return shape_of_rows(self.image_shape, None) if given else tuple(shape[1:3])
        # An X of fewer dimensions is an error later on, whatever its images would be.
        n_features = shape[1] if len(shape) == 2 else 1
        return shape_of_rows(self.image_shape, n_features)

    def _training_options(self):
        if self.precision == "mixed_bfloat16" and not _has_fast_bfloat16():
            warnings.warn(
                "precision='mixed_bfloat16': this processor has no bfloat16 arithmetic of its own "
                "(AVX512-BF16 or AMX), so that training is slower than with precision='float32'",
                stacklevel=2,
            )
        return {"augmentation": self._augmentation_limits(), "precision": self.precision}

    def _augmentation_limits(self):
        if self.augmentation is None:
            return None
        unknown = [name for name in self.augmentation if name not in AUGMENTATION]
        if unknown:
            raise ValueError(f"augmentation knows {', '.join(AUGMENTATION)}; got {unknown[0]!r}")
        limits = [self.augmentation.get(name, 0) for name in AUGMENTATION]
        if not all(isinstance(limit, Real) and 0 <= limit <= LARGEST for limit in limits):
            raise ValueError(
                "augmentation must hold finite numbers that are not negative, one for both "
                f"directions; got {self.augmentation}"
            )
        if limits[-1] >= 1:
            raise ValueError(
                f"augmentation must have a zoom below 1, a fraction; got {self.augmentation}"
            )
        return tuple(map(float, limits))


def _has_fast_bfloat16():
    """Whether TensorFlow has hardware for bfloat16; True where that cannot be found out."""
    import tensorflow as tf

    cpuinfo = Path("/proc/cpuinfo")
    if tf.config.list_logical_devices("GPU") or not cpuinfo.exists():
        return True
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(cpuinfo.read_text().split())
