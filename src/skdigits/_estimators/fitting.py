"""Fitting: parameters and data to a trained network, from the start or going on."""

import time
from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._architecture import n_trained, weights_by_layer
from skdigits._estimators import validation as _samples
from skdigits._estimators.persistence import all_or_nothing
from skdigits._estimators.progress import Progress
from skdigits._training.schedules import SCHEDULES, rate_factors

OPTIMIZERS = (
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "muon",
    "nadam",
    "rmsprop",
    "schedulefreeadamw",
    "sgd",
)


def positive(kind):
    """Constraint of a parameter that must be a positive number of a kind."""
    return Interval(kind, 0, None, closed="neither")


def positive_ints(name, counts):
    """A parameter that is one int or several, as a list of ints."""
    every = [counts] if isinstance(counts, Integral) else list(counts)
    if not all(isinstance(count, Integral) and count >= 1 for count in every):
        raise ValueError(
            f"{name} must be an int or a sequence of ints, each at least 1; got {counts!r}"
        )
    return every


class FitMixin(CallbackSupportMixin):
    """`fit` and `partial_fit` of every digit network, and the parameters of training.

    A subclass says with `_network_config(n_features, n_classes)` which network its own parameters
    describe, with `_as_rows(X, reset, name)` what else than rows of features it takes (`reset`
    where X is the first to be seen), and with `_training_options()` what else than the parameters
    below decides how to train.
    """

    _parameter_constraints = {
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "learning_rate": [positive(Real), None],
        "learning_rate_schedule": [StrOptions(set(SCHEDULES))],
        "decay_steps": [positive(Real)],
        "decay_rate": [positive(Real)],
        "warmup": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [positive(Integral)],
        "epochs": [positive(Integral)],
        "standardize": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [positive(Integral)],
        "restore_best_weights": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples. Arrays of float32, float64 and uint8, memory maps among them, are
            read batch by batch as they are if they are C-contiguous; other types are converted to
            float32 first.
        y : array-like of shape (n_samples,)
            Labels, integers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, 1 by default. Only the ratios matter; a weight of 0 is as good
            as leaving the sample out.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Samples to validate on after every epoch. With None, ``early_stopping=True`` splits
            some off the training samples.
        y_val : array-like of shape (n_val_samples,), default=None
            Their labels.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If data or parameters cannot be used, or training diverges. What was learned before
            is kept then.
        """
        data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        context = self._init_callback_context(max_subtasks=self.epochs)
        context.call_on_fit_task_begin(estimator=self, **data)
        self._train(
            X,
            y,
            sample_weight,
            validation=(X_val, y_val, sample_weight_val),
            goes_on=self.warm_start and "network_config_" in vars(self),
            epochs=self.epochs,
            schedule=self.learning_rate_schedule,
            early_stopping=self.early_stopping,
            normalize=True,
            progress=Progress(self, context, **data),
        )
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, on these samples.

        The learning rate is constant, or decays "exponential"-ly from call to call; the schedules
        that must know the end in advance ("cosine", "one_cycle") count as "constant" here.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call of all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, 1 by default: a weight of 2 makes its gradient twice as large,
            also beside the samples of other calls.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            As for `fit`, and if `classes` is missing in the first call, or the parameters ask for
            what needs all samples at once: ``early_stopping``, or ``class_weight="balanced"``.
        """
        goes_on = "network_config_" in vars(self)
        if classes is None and not goes_on:
            raise ValueError("classes must be given in the first call of partial_fit")
        if self.early_stopping:
            raise ValueError(
                "early_stopping=True needs several epochs on the same samples, which partial_fit "
                "never sees; call partial_fit with early_stopping=False"
            )
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all labels at once, which partial_fit never sees; "
                "give class_weight as a dict"
            )
        return self._train(
            X,
            y,
            sample_weight,
            validation=(None, None, None),
            goes_on=goes_on,
            epochs=1,
            schedule=(
                "exponential" if self.learning_rate_schedule == "exponential" else "constant"
            ),
            early_stopping=False,
            normalize=False,
            progress=Progress(self),
            classes=classes,
        )

    def _train(
        self,
        X,
        y,
        sample_weight,
        *,
        validation,
        goes_on,
        epochs,
        schedule,
        early_stopping,
        normalize,
        progress,
        classes=None,
    ):
        start = time.perf_counter()
        with all_or_nothing(self):
            X = self._as_rows(X, reset=not goes_on)
            X, y, weight = _samples.check_training_data(self, X, y, sample_weight, not goes_on)
            if not goes_on:
                self.classes_ = (
                    _samples.check_classes(y[weight > 0])
                    if classes is None
                    else _samples.check_classes(classes, "classes")
                )
            elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(f"classes={classes} are not those of before, {self.classes_}")
            config = self._network_config(X.shape[1], len(self.classes_))
            if not goes_on:
                self._begin(config)
            elif config != self.network_config_:
                raise ValueError(
                    "the parameters describe another network than the one trained before: "
                    f"{config} after {self.network_config_}; fit it with warm_start=False"
                )
            training, validation = self._samples_for_training(
                X, y, weight, validation, early_stopping, normalize
            )
            if self._scaling is None:
                self._scaling = _samples.scaling(training, self.standardize)
            self._advance(training, validation, epochs, schedule, early_stopping, progress)
        self.fit_time_ = time.perf_counter() - start
        return self

    def _as_rows(self, X, *, reset=False, name="X"):
        """X as rows of features; X itself where it is not something else than that."""
        return X

    def _training_options(self):
        return {"augmentation": None, "precision": "float32"}

    def _begin(self, config):
        """Start with an untrained network."""
        from skdigits._training.trainer import initial_weights

        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.network_config_ = config
        self._weights = initial_weights(config, self._seed)
        self.n_parameters_ = sum(n_trained(shapes) for _, shapes in weights_by_layer(config))
        self._optimizer = self._optimizer_state = None
        self._scaling = None
        self._n_steps = 0
        self.history_ = {}
        self.epoch_times_ = []

    def _samples_for_training(self, X, labels, weight, validation, early_stopping, normalize):
        """Training and validation samples, or None in place of the latter."""
        rows = np.flatnonzero(weight)
        y = np.zeros(len(X), np.int32)
        y[rows] = _samples.encode_labels(labels[rows], self.classes_, "y")
        X_val, y_val, weight_val = validation
        if X_val is not None:
            X_val = self._as_rows(X_val, name="X_val")
        held_out = _samples.check_validation_data(self, X_val, y_val, weight_val)
        if held_out is None and early_stopping:
            rows, held_out_rows = _samples.stratified_split(
                y, rows, self.validation_fraction, self._seed
            )
            held_out = _samples.Samples(X, y, weight.astype(np.float32), held_out_rows)
        factors = _samples.class_factors(self.class_weight, self.classes_, y[rows], weight[rows])
        weight = weight * factors[y]
        rows = rows[weight[rows] > 0]
        training = _samples.training_samples(
            X, y, weight, rows, batch_size=self.batch_size, normalize=normalize
        )
        return training, held_out

    def _advance(self, training, validation, epochs, schedule, early_stopping, progress):
        """Train from the present state to the next."""
        from skdigits._training.trainer import train

        steps_per_epoch = -(-len(training.rows) // self.batch_size)
        earlier = len(self.epoch_times_)
        same_optimizer = self._optimizer == self.optimizer
        shift, scale = self._scaling
        trained = train(
            self.network_config_,
            self.optimizer,
            training,
            validation,
            weights=self._weights,
            optimizer_state=self._optimizer_state if same_optimizer else None,
            learning_rate=self.learning_rate,
            rate_factors=rate_factors(
                schedule,
                self._n_steps,
                steps_per_epoch * epochs,
                decay_steps=self.decay_steps,
                decay_rate=self.decay_rate,
                warmup=self.warmup,
            ),
            batch_size=self.batch_size,
            epochs=epochs,
            first_epoch=earlier,
            first_step=self._n_steps,
            seed=self._seed,
            shift=shift,
            scale=scale,
            patience=self.patience if early_stopping else None,
            restore_best_weights=self.restore_best_weights,
            progress=progress,
            **self._training_options(),
        )
        self._weights = trained.weights
        self._optimizer, self._optimizer_state = self.optimizer, trained.optimizer_state
        self._n_steps += steps_per_epoch * len(trained.epoch_times)
        self.history_ = _joined_history(self.history_, trained.history, earlier)
        self.epoch_times_ = self.epoch_times_ + trained.epoch_times
        self.n_iter_ = len(self.epoch_times_)
        self.best_epoch_ = earlier + trained.best_epoch


def _joined_history(earlier, later, n_earlier):
    """Histories one after the other; NaN in epochs without validation."""
    n_later = len(later["loss"])
    return {
        name: earlier.get(name, [np.nan] * n_earlier) + later.get(name, [np.nan] * n_later)
        for name in earlier | later
    }
