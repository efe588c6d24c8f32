"""The scikit-learn contract of a digit network, shared by all kinds of networks."""

import math
import time
from numbers import Integral, Real

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from skdigits._architecture import named_weights
from skdigits._compat import HasMethods, Interval, StrOptions, fit_context
from skdigits._estimators.defaults import resolve_defaults
from skdigits._estimators.diagram import layer_table, network_blocks
from skdigits._estimators.fitting import (
    OPTIMIZERS,
    check_resumable,
    initialize,
    make_datasets,
    run_epochs,
    training_config,
)
from skdigits._estimators.input_range import (
    training_range,
    value_range,
    warn_if_scaled_differently,
)
from skdigits._estimators.persistence import (
    VersionedState,
    fitted_property,
    plain_optimizer,
    replace_on_success,
    snapshot,
)
from skdigits._estimators.progress import Progress
from skdigits._estimators.validation import (
    INPUT_DTYPES,
    check_classes,
    check_range,
    check_samples,
    check_training_data,
    check_validation_data,
)
from skdigits._inference.forward import layer_outputs
from skdigits._training.schedules import END_SCHEDULES, SCHEDULES
from skdigits._utils import is_int, warn


class BaseDigitClassifier(VersionedState, CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Base class of the digit networks: everything except the structure of the network.

    A subclass describes its network in `_network_config(n_features, n_classes)`. It may override
    `_as_rows`, to accept input other than rows of features, and `_training_options`.
    """

    _parameter_constraints = {
        "optimizer": [StrOptions(set(OPTIMIZERS)), dict, HasMethods(["get_config", "apply"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "learning_rate_schedule": [StrOptions(set(SCHEDULES))],
        "decay_steps": [Interval(Real, 0, None, closed="neither")],
        "decay_rate": [Interval(Real, 0, None, closed="neither")],
        "warmup_fraction": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "l2": [Interval(Real, 0, None, closed="left")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left"), None],
        "standardize": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "restore_best_weights": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # Default learning rates by optimizer, where they differ from Keras'.
    _default_learning_rates = {}
    # The default number of epochs is this factor divided by the cube root of the number of training
    # samples.
    _epochs_factor = 400

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the network.

        Ctrl-C raises KeyboardInterrupt and keeps the completed epochs as a fitted classifier; if
        there are none, the classifier stays unchanged. Any other error leaves it unchanged, unless
        a callback raises it at the end of the fit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples. C-contiguous arrays of float32, float64 or uint8, including memory
            maps, are read batch by batch without a copy. All others are copied, and converted to
            float32 if they are of another dtype.
        y : array-like of shape (n_samples,)
            Labels, integers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, 1 by default. Only their ratios matter. A sample of weight 0 has no
            influence on training; its class stays in ``classes_``.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Samples to validate on after every epoch. If None, ``early_stopping=True`` holds out
            some of the training samples. In a search or a cross-validation, their number must
            differ from that of `X`: scikit-learn splits every argument that has as many rows as
            `X`.
        y_val : array-like of shape (n_val_samples,), default=None
            Labels of `X_val`.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Sample weights of `X_val`.

        Returns
        -------
        self : object
            Fitted classifier.

        Raises
        ------
        ValueError
            If data or parameters are invalid, or if training diverges. If it diverges but early
            stopping has a best epoch, `fit` restores the weights of that epoch and issues a warning
            instead.
        MemoryError
            If training needs more memory than is available.
        """
        start = time.perf_counter()
        data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        if self.early_stopping and self.learning_rate_schedule in END_SCHEDULES:
            warn(
                f"early_stopping=True may end training before "
                f"learning_rate_schedule={self.learning_rate_schedule!r} has lowered the learning "
                "rate, which takes all epochs; use learning_rate_schedule='constant' with early "
                "stopping"
            )
        resume = self.warm_start and "network_config_" in vars(self)
        with replace_on_success(self) as fitted:
            samples = fitted._check_training_data(X, y, sample_weight, resume=resume)
            if not resume:
                initialize(fitted, samples.X.shape[1], check_classes(samples.y))
            if X_val is not None:
                X_val = fitted._as_rows(X_val, name="X_val")
            held_out = check_validation_data(fitted, X_val, y_val, sample_weight_val)
            if held_out is not None:
                warn_if_scaled_differently(
                    held_out.X, held_out.values, fitted._training_range, "X_val"
                )
            training, validation = make_datasets(fitted, samples, held_out, normalize=True)
            resolve_defaults(fitted, len(training), fitted.epochs)
            config = training_config(fitted, schedule=fitted.learning_rate_schedule)
            context = self._init_callback_context(max_subtasks=fitted.epochs_)
            context.call_on_fit_task_begin(estimator=self, **data)
            progress = Progress(self, fitted, context, **data)
            interruption = run_epochs(fitted, config, training, validation, progress)
            fitted.fit_time_ = time.perf_counter() - start
        if interruption:
            raise interruption
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, on these samples.

        The schedules "cosine" and "one_cycle" depend on the number of epochs and are replaced by
        "constant" here: every step uses the parameter `learning_rate`, or its default. A `fit` with
        one of them ends at a rate near 0, so lower `learning_rate` before you continue with new
        samples. An "exponential" schedule continues from call to call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that can occur in any call; required in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, 1 by default. Unlike in `fit` they are not normalized: a weight of 2
            doubles the gradient of the sample, relative to other calls as well.

        Returns
        -------
        self : object
            Fitted classifier.

        Raises
        ------
        ValueError
            As for `fit`; or if `classes` is missing in the first call or changes in a later one; or
            if a parameter requires all samples at once: ``early_stopping`` or
            ``class_weight="balanced"``.
        MemoryError
            As for `fit`.
        """
        start = time.perf_counter()
        resume = "network_config_" in vars(self)
        if classes is None and not resume:
            raise ValueError("classes must be passed in the first call of partial_fit; got None")
        if self.early_stopping:
            raise ValueError(
                "early_stopping must be False in partial_fit, which trains for a single epoch; got "
                "True"
            )
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight must be a dict or None in partial_fit, which never sees all labels; "
                "got 'balanced'"
            )
        with replace_on_success(self) as fitted:
            samples = fitted._check_training_data(X, y, sample_weight, resume=resume)
            if not resume:
                initialize(fitted, samples.X.shape[1], check_classes(classes, "classes"))
            elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(
                    f"classes must be those of the fitted classifier, {self.classes_}; got "
                    f"{classes}"
                )
            training, _ = make_datasets(fitted, samples, None, normalize=False)
            resolve_defaults(fitted, len(training), epochs=1)
            decays = fitted.learning_rate_schedule == "exponential"
            config = training_config(fitted, schedule="exponential" if decays else "constant")
            interruption = run_epochs(fitted, config, training, None, Progress(self, fitted))
            fitted.fit_time_ = time.perf_counter() - start
        if interruption:
            raise interruption
        return self

    def _check_training_data(self, X, y, sample_weight, *, resume):
        X = self._as_rows(X, reset=not resume)
        samples = check_training_data(self, X, y, sample_weight, reset=not resume)
        if resume:
            check_resumable(self, samples.X.shape[1])
            warn_if_scaled_differently(samples.X, samples.values, self._training_range)
        earlier = self._training_range if resume else None
        self._training_range = training_range(samples.X, samples.values, earlier)
        return samples

    def _as_rows(self, X, *, reset=False, name="X"):
        """Return images as rows of features, and any other X unchanged."""
        return X

    def _training_options(self):
        """Return the fields of the training configuration that only some networks have."""
        return {}

    def _check_X(self, X):
        # validate_data takes longer than predicting with a small network, so a plain array of the
        # right shape and dtype skips it. It is checked for non-finite values, as in validate_data.
        learned = vars(self)
        is_checked = (
            type(X) is np.ndarray
            and "network_config_" in learned
            and "feature_names_in_" not in learned
            and X.dtype in INPUT_DTYPES
            and X.ndim == 2
            and len(X)
            and X.shape[1] == self.n_features_in_
            and all(map(math.isfinite, values := value_range(X)))
        )
        if not is_checked:
            check_is_fitted(self)
            X = check_samples(self, self._as_rows(X))
            values = value_range(X)
        check_range(*values, "X")
        warn_if_scaled_differently(X, values, self._training_range)
        return X

    def _layer_outputs(self, X, depth=None):
        X = self._check_X(X)
        network = self.network_config_, self._weights, X, *self._scaling
        if X.dtype != np.float64:
            with np.errstate(over="ignore", invalid="ignore"):
                outputs = layer_outputs(*network, depth=depth, dtype=np.float32)
            if np.isfinite(outputs).all():
                return outputs
        # Samples far beyond those in training may overflow float32.
        return layer_outputs(*network, depth=depth, dtype=np.float64)

    def predict(self, X):
        """Predict the class of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        fitted = snapshot(self)
        indices = fitted._layer_outputs(X).argmax(axis=1)
        return fitted.classes_[indices]

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``. float32, or float64 if X is float64 or if
            float32 overflows.
        """
        return softmax(snapshot(self)._layer_outputs(X), axis=1)

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``. Finite even where the probability rounds to 0.
        """
        return log_softmax(snapshot(self)._layer_outputs(X), axis=1)

    def activations(self, X, layer=-1):
        """Compute the activations of a hidden layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            Index of the hidden layer, from 0; negative indices count from the last layer.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            Outputs of its units, after the activation function. Those of a convolution have the
            shape (n_samples, height, width, n_filters), after pooling and batch normalization.

        Raises
        ------
        ValueError
            If there is no such hidden layer, or none at all.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        n_hidden = len(fitted.coefs_) - 1
        if not n_hidden:
            raise ValueError("activations requires a hidden layer; this network has none")
        if not (is_int(layer) and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"layer must be an int from {-n_hidden} to {n_hidden - 1}, as the network has "
                f"{n_hidden} hidden layer{'s' if n_hidden > 1 else ''}; got {layer!r}"
            )
        return fitted._layer_outputs(X, depth=layer % n_hidden + 1)

    def _named_weights(self, *names):
        fitted = snapshot(self)
        return [
            array
            for _, arrays in named_weights(fitted.network_config_, fitted._weights)
            for name, array in arrays.items()
            if name in names
        ]

    @fitted_property
    def coefs_(self):
        """Weights of each layer."""
        return self._named_weights("kernel")

    @fitted_property
    def intercepts_(self):
        """Biases of each layer; beta for a convolution with batch normalization."""
        return self._named_weights("bias", "beta")

    @fitted_property
    def loss_curve_(self):
        """Training loss of each epoch, under the name that MLPClassifier gives it."""
        return self.history_["loss"]

    @fitted_property
    def n_layers_(self):
        """Number of layers with weights, plus one for the input, as in MLPClassifier."""
        return len(self.coefs_) + 1

    @fitted_property
    def out_activation_(self):
        """Activation of the output layer, under the name that MLPClassifier gives it."""
        return self.network_config_["layers"][-1]["activation"]

    def summary(self):
        """List the layers of the network.

        Returns
        -------
        summary : list of named tuples
            One for the input and one for each layer, with its description (``layer``), the shape of
            its output for one sample (``output_shape``) and its number of trainable weights
            (``n_parameters``). The list prints as a table; ``pandas.DataFrame(summary)`` converts
            it.
        """
        check_is_fitted(self)
        return layer_table(self.network_config_)

    def _sk_visual_block_(self):
        # scikit-learn's diagram falls back to a plain block before the network is fitted.
        check_is_fitted(self)
        return network_blocks(snapshot(self))

    def drop_optimizer_state(self):
        """Drop the state of the optimizer, such as Adam's moments, to save a smaller model.

        With Adam it takes twice as much memory as the weights. Predictions stay the same. A later
        `partial_fit`, or `fit` with ``warm_start=True``, starts with a fresh optimizer.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        check_is_fitted(self)
        with replace_on_success(self) as fitted:
            fitted._optimizer_state = None
        return self

    def to_keras(self):
        """Build a Keras model with the weights of the classifier.

        Returns
        -------
        network : keras.Sequential
            Takes rows of features as `predict_proba` does and returns the same probabilities. It
            is a copy: training it does not change the classifier.
        """
        check_is_fitted(self)
        from skdigits.networks import build_network

        fitted = snapshot(self)
        shift, scale = fitted._scaling
        network = build_network(fitted.network_config_, scale=scale, offset=-shift * scale)
        network.set_weights(fitted._weights)
        # Keras exports a model to some formats, such as ONNX, only after it has been called.
        network(np.zeros((1, fitted.network_config_["n_features"]), np.float32))
        return network

    def __sklearn_clone__(self):
        plain = object.__new__(type(self))
        plain.__dict__ = plain_optimizer(vars(self))
        return super(BaseDigitClassifier, plain).__sklearn_clone__()
