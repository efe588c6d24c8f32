"""Convolutional networks for images of digits."""

import math
from numbers import Integral, Real

import numpy as np

from skdigits._compat import Interval, StrOptions
from skdigits._estimators.augmentation import augmentation_limits
from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.validation import check_positive_ints
from skdigits._images.shapes import format_shape, resolve_image_shape
from skdigits._inference.forward import ACTIVATIONS
from skdigits._utils import warn


class ConvDigitClassifier(BaseDigitClassifier):
    """Convolutional neural network that classifies digits.

    Max pooling, batch normalization and activation follow each convolution, in this order; dense
    layers follow the last convolution. The classifier trains with Keras' optimizers in a compiled
    loop and predicts in NumPy, without TensorFlow. The defaults were chosen on a validation split
    of MNIST; see ``docs/defaults.md``.

    Every method accepts samples as rows of pixels, or as images of shape (n_samples, height, width)
    or (n_samples, height, width, 1).

    Parameters
    ----------
    filters : int or sequence of int, default=(16, 32, 64)
        Filters of each convolution. An int means one convolution.
    kernel_size : int or sequence, default=3
        Size of the kernels: an int for all convolutions, or an int or a pair (height, width) for
        each of them.
    pool_size : int, None or sequence, default=2
        Size of the pooling windows: an int for all convolutions, or an int, a pair (height,
        width) or None for each of them; None means no pooling.
    padding : {"same", "valid"}, default="same"
        "same" pads images with zeros, and pooling windows at the border may be smaller, so that
        every kernel and pooling window fits every image. "valid" leaves out windows that reach
        beyond the border.
    batch_normalization : bool, default=True
        Whether to normalize the output of each convolution ([1]_). Prediction uses moving averages
        of mean and variance over about ten batches.
    hidden_layer_sizes : int or sequence of int, default=(128,)
        Units of each dense hidden layer after the convolutions; ``()`` means none.
    activation : str, default="relu"
        Activation of convolutions and hidden layers: "elu", "gelu", "leaky_relu", "linear",
        "mish", "relu", "selu", "sigmoid", "silu", "softplus", "softsign" or "tanh", as Keras
        defines them.
    dropout : float, default=0.0
        Fraction of values to drop after the last convolution and after every hidden layer during
        training, in [0, 1).
    image_shape : (int, int), default=None
        Height and width of the images if X holds rows of pixels. None means the shape of the
        images in X, or square images if X holds rows. If the number of pixels is not a perfect
        square, rows are treated as images of 1 x n pixels, with a warning.
    augmentation : "digits", dict or None, default="digits"
        Random distortions of every image in each epoch, as a dict of limits: "shift" along each
        axis, in pixels; "rotation" and horizontal "shear", in degrees; "zoom", a fraction; and
        "elastic", the standard deviation of smooth displacements, in pixels ([5]_). Missing limits
        are 0. Pixels outside the image repeat its border. "digits" means ``{"shift": 2,
        "rotation": 10, "zoom": 0.1, "shear": 10, "elastic": 0.7}`` for images of 28 x 28; for other
        sizes, shift and elastic scale with the shorter side. None trains on unchanged
        images.
    precision : {"float32", "mixed_bfloat16", "auto"}, default="float32"
        Arithmetic of convolutions in training; everything else, including weights and prediction,
        is float32. "mixed_bfloat16" is meant for processors with bfloat16 arithmetic
        (AVX512-BF16, AMX, or a GPU); others emulate it slowly, and a warning is issued. "auto"
        means "mixed_bfloat16" on those processors and "float32" on others, so the same seed can
        give different weights on different processors.
    optimizer : str, dict or keras.optimizers.Optimizer, default="adam"
        A Keras optimizer. A name ("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw",
        "ftrl", "lion", "muon", "nadam", "rmsprop", "schedulefreeadamw" or "sgd") selects the
        optimizer with Keras' default settings. For other settings, such as momentum, weight decay
        or gradient clipping, pass an instance, ``keras.optimizers.SGD(momentum=0.9)``, or its
        configuration, ``{"class_name": "SGD", "config": {"momentum": 0.9}}``. Cloned and saved
        classifiers contain the configuration.
    learning_rate : float, default=None
        None uses 0.006 for "adam", and otherwise the rate of the optimizer: that of an instance or
        a configuration, or Keras' default for a name, which is 0.01 for "sgd", 0.0025 for
        "schedulefreeadamw" and 0.001 for all others.
    learning_rate_schedule : str, default="one_cycle"
        "constant"; "exponential" (multiplied by ``decay_rate ** (step / decay_steps)``); "cosine"
        (down to 0 over all epochs, [2]_); or "one_cycle" (linearly up from 1/25 of `learning_rate`,
        then down to 0 like a cosine, [3]_). "cosine" and "one_cycle" reach their lowest rate only
        after all `epochs`; with `early_stopping`, `fit` warns about this; use "constant" instead.
    decay_steps : float, default=10_000
        Number of steps (batches) over which the "exponential" schedule decays by `decay_rate`.
    decay_rate : float, default=0.9
        Decay factor of the "exponential" schedule.
    warmup_fraction : float, default=0.25
        Fraction of all steps during which the "one_cycle" learning rate rises, in [0, 1).
    batch_size : int, default=None
        Samples per step. The last batch of an epoch may be smaller. None means 32 for up to 2,000
        training samples, 64 for up to 20,000 and 128 for more. If there are at most `batch_size`
        training samples, or 1,000 with None, they are sorted, and equal samples are merged, so that
        their order does not matter.
    epochs : int, default=None
        Number of epochs, or their maximum number with `early_stopping`. None means
        ``300 / n_samples ** (1 / 3)``, rounded.
    l2 : float, default=0.0
        Strength of the L2 penalty on the kernels, ``l2 / 2 * sum(kernel ** 2) / batch_size``, like
        ``alpha`` of MLPClassifier. ``history_`` contains the loss without the penalty.
    label_smoothing : float, default=None
        Fraction of each label to spread evenly over all classes, in [0, 1) ([4]_). None means
        0.05 for up to 20,000 training samples, then ``1000 / n_samples``. ``history_`` contains the
        loss without smoothing.
    standardize : bool, default=True
        Whether to train on ``(X - mean) / std`` with the (weighted) mean and standard deviation of
        all training values taken together, so that results do not depend on the scale of X. False
        trains on X unchanged.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for `patience` epochs. The
        validation samples are ``X_val, y_val`` of `fit`, or else a stratified part of the training
        samples.
    validation_fraction : float, default=0.1
        Fraction of the training samples that `early_stopping` holds out unless `fit` is passed
        `X_val`, in (0, 1).
    patience : int, default=3
        Number of epochs to wait for an improvement of the validation loss.
    tol : float, default=0.0
        A decrease of the validation loss counts as an improvement only if it exceeds this.
    restore_best_weights : bool, default=True
        Whether `early_stopping` restores the weights of the best epoch, the last one that improved
        the validation loss. False keeps those of the last epoch.
    class_weight : dict or "balanced", default=None
        Weight of each class, multiplied by ``sample_weight``; 1 for classes that are not in the
        dict. "balanced" gives all classes the same total weight.
    warm_start : bool, default=False
        Whether `fit` resumes from the current weights, optimizer state and scaling.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the samples, dropout, augmentation
        and the validation split. The same int gives the same network in any process or thread and
        for any `n_jobs`, on the same kind of machine with the same number of TensorFlow threads.
    verbose : bool or int, default=False
        Whether to print a line after every epoch. For a progress bar, call
        ``set_callbacks(ProgressBar())``; see `ProgressBar`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.
    fit_time_ : float
        Seconds that the last `fit` or `partial_fit` took, including checks and compiling.
    epoch_times_ : list of float
        Seconds of each epoch, including validation; `partial_fit` and ``warm_start`` append to it.
    n_iter_ : int
        Number of epochs in `history_`, over all calls.
    best_epoch_ : int
        Epoch, counted from 1 over all of `history_`, in which the validation loss of the last fit
        improved by more than `tol` for the last time; without validation, the last epoch.
    batch_size_, epochs_, label_smoothing_ : int, int, float
        Values that the last fit used for these parameters; `epochs_` is 1 after `partial_fit`.
    history_ : dict of lists
        "loss" and "accuracy" of each epoch, measured during training; "val_loss" and
        "val_accuracy" after the epoch, if there were validation samples; and "learning_rate" of
        its last step.
    loss_curve_ : list of float
        Training losses, ``history_["loss"]``, under the name that MLPClassifier gives them.
    precision_ : str
        "float32" or "mixed_bfloat16": `precision` of the last fit, with "auto" resolved.
    n_parameters_ : int
        Number of trainable weights.
    n_layers_ : int
        Number of layers that have weights, plus one for the input, as in MLPClassifier.
    out_activation_ : str
        "softmax".
    image_shape_ : (int, int)
        Height and width of the images.
    coefs_ : list of ndarray
        Kernels of each layer, float32: (height, width, n_inputs, n_filters) for convolutions,
        (n_inputs, n_units) for dense layers.
    intercepts_ : list of ndarray of shape (n_units,)
        Biases of each layer, float32; beta for a convolution with batch normalization.
    network_config_ : dict
        The network as plain data, for `skdigits.networks.build_network`.

    References
    ----------
    .. [1] Ioffe, Szegedy: Batch normalization: Accelerating deep network training by reducing
       internal covariate shift. ICML 2015.
    .. [2] Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.
    .. [3] Smith: A disciplined approach to neural network hyper-parameters. arXiv:1803.09820.
    .. [4] Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture for
       computer vision. CVPR 2016.
    .. [5] Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to
       visual document analysis. ICDAR 2003.

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
        "filters": ["array-like", Interval(Integral, 1, None, closed="left")],
        "kernel_size": ["array-like", Interval(Integral, 1, None, closed="left")],
        "pool_size": ["array-like", Interval(Integral, 1, None, closed="left"), None],
        "padding": [StrOptions({"same", "valid"})],
        "batch_normalization": ["boolean"],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "image_shape": ["array-like", None],
        "augmentation": [StrOptions({"digits"}), dict, None],
        "precision": [StrOptions({"float32", "mixed_bfloat16", "auto"})],
        **BaseDigitClassifier._parameter_constraints,
    }

    _default_learning_rates = {"adam": 0.006}
    _epochs_factor = 300

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
        dropout=0.0,
        image_shape=None,
        augmentation="digits",
        precision="float32",
        optimizer="adam",
        learning_rate=None,
        learning_rate_schedule="one_cycle",
        decay_steps=10_000,
        decay_rate=0.9,
        warmup_fraction=0.25,
        batch_size=None,
        epochs=None,
        l2=0.0,
        label_smoothing=None,
        standardize=True,
        early_stopping=False,
        validation_fraction=0.1,
        patience=3,
        tol=0.0,
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
        self.warmup_fraction = warmup_fraction
        self.batch_size = batch_size
        self.epochs = epochs
        self.l2 = l2
        self.label_smoothing = label_smoothing
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.tol = tol
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _network_config(self, n_features, n_classes):
        from skdigits.networks import conv_config  # imports Keras

        filters = check_positive_ints("filters", self.filters)
        if not filters:
            raise ValueError("filters must have at least one convolution; got ()")
        return conv_config(
            self.image_shape_,
            n_classes,
            filters=filters,
            kernel_size=self.kernel_size,
            pool_size=self.pool_size,
            padding=self.padding,
            batch_normalization=self.batch_normalization,
            hidden_layer_sizes=check_positive_ints("hidden_layer_sizes", self.hidden_layer_sizes),
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
                f"{format_shape(self.image_shape_)} pixels"
            )
        if not holds_images:
            if not reset and shape == self.image_shape_ and shape[0] > 1:
                raise ValueError(
                    f"{name} has the shape of a single image, {format_shape(shape)}; pass "
                    f"{name}[None]"
                )
            return X
        if tuple(shape[1:3]) != self.image_shape_:
            raise ValueError(
                f"{name} holds images of {format_shape(shape[1:3])} pixels, but "
                f"{'image_shape is' if reset else 'the network expects'} "
                f"{format_shape(self.image_shape_)}"
            )
        return X.reshape(len(X), math.prod(shape[1:]))

    def _image_shape(self, shape):
        """Determine the height and width of the images in an X of the given shape."""
        if len(shape) > 2:
            given = self.image_shape is not None
            return resolve_image_shape(self.image_shape, None) if given else tuple(shape[1:3])
        # An X of fewer dimensions raises an error later.
        n_features = shape[1] if len(shape) == 2 else 1
        return resolve_image_shape(self.image_shape, n_features)

    def _training_options(self):
        self.precision_ = self._resolve_precision()
        return {
            "augmentation": augmentation_limits(self.augmentation, self.image_shape_),
            "precision": self.precision_,
        }

    def _resolve_precision(self):
        if self.precision == "float32":
            return "float32"
        from skdigits._training.cpu import has_fast_bfloat16

        if self.precision == "auto":
            return "mixed_bfloat16" if has_fast_bfloat16() else "float32"
        if not has_fast_bfloat16():
            warn(
                "precision='mixed_bfloat16' is slower than 'float32' on this processor, which is "
                "not known to have bfloat16 arithmetic (AVX512-BF16 or AMX)"
            )
        return "mixed_bfloat16"
