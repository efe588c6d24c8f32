"""Reduced input: a transformer in front of a classifier, fitted as one estimator."""

import time

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from skdigits._estimators import validation as _samples
from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.dense import DenseDigitClassifier
from skdigits._estimators.persistence import VersionedState, all_or_nothing


def _classifier_has(method):
    """Whether the fitted or, before `fit`, the given classifier has a method."""

    def check(self):
        given = DenseDigitClassifier if self.classifier is None else self.classifier
        return hasattr(getattr(self, "classifier_", given), method)

    return check


class ReducedDigitClassifier(VersionedState, CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Classifier that sees its input through a reducer, such as PCA or the best pixels.

    Unlike a Pipeline, it takes validation samples, which pass through the reducer too, and
    tells the time of the reduction apart.

    Parameters
    ----------
    reducer : transformer, default=None
        Fitted on the training samples. None is ``PCA(0.95)``.
    classifier : classifier, default=None
        Fitted on what the reducer makes of them. None is ``DenseDigitClassifier()``.
    random_state : int, RandomState instance or None, default=None
        Goes to the reducer and the classifier, and to the estimators inside them, wherever their
        own ``random_state`` is None.

    Attributes
    ----------
    reducer_ : transformer
        The fitted reducer.
    classifier_ : classifier
        The fitted classifier, with its ``history_``, ``best_epoch_``, ``to_keras()`` and so on.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had string column names.
    fit_time_ : float
        Seconds that `fit` took in all.
    reduction_time_ : float
        Seconds of these that fitting the reducer and applying it took.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdigits import DenseDigitClassifier, ReducedDigitClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = ReducedDigitClassifier(
    ...     PCA(0.95), DenseDigitClassifier(64), random_state=0
    ... ).fit(X, y)
    >>> classifier.classifier_.n_features_in_
    29
    """

    _parameter_constraints = {
        "reducer": [HasMethods(["fit_transform", "transform"]), None],
        "classifier": [HasMethods(["fit", "predict"]), None],
        "random_state": ["random_state"],
    }

    def __init__(self, reducer=None, classifier=None, *, random_state=None):
        self.reducer = reducer
        self.classifier = classifier
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the reducer, then the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample. The reducer gets them if its `fit` names them; samples of
            weight 0 are left out in any case. Of a training set that is a single batch of a digit
            network, the reducer gets equal samples merged into one.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Samples for the classifier to validate on after every epoch.
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
            If data or parameters cannot be used. What was learned before is kept then.
        """
        start = time.perf_counter()
        data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        context = self._init_callback_context(max_subtasks=2)
        context.call_on_fit_task_begin(estimator=self, **data)
        with all_or_nothing(self):
            X, y, weight = _samples.check_training_data(self, X, y, sample_weight, reset=True)
            self.classes_ = _samples.check_classes(y[weight > 0])
            validation = _samples.check_validation_data(self, X_val, y_val, sample_weight_val)
            self._clone_parts()
            takes_weight = has_fit_parameter(self.classifier_, "sample_weight")
            if sample_weight is not None and not takes_weight:
                raise ValueError(f"sample_weight was given, but {self.classifier_} takes none")
            if validation and not has_fit_parameter(self.classifier_, "X_val"):
                raise ValueError(
                    f"X_val was given, but {self.classifier_} takes no validation data"
                )
            X, y, weight = self._merged(X, y, weight)
            weights = {"sample_weight": weight} if (weight != 1).any() else {}

            reduction_start = time.perf_counter()
            reducing = context.subcontext(task_name="reduce")
            reducing.call_on_fit_task_begin(estimator=self, **data)
            reducer_takes_weight = has_fit_parameter(self.reducer_, "sample_weight")
            X = self.reducer_.fit_transform(X, y, **(weights if reducer_takes_weight else {}))
            fit_parameters = dict(weights)
            if validation:
                fit_parameters["X_val"] = self.reducer_.transform(validation.X)
                fit_parameters["y_val"] = self.classes_[validation.y]
                fit_parameters["sample_weight_val"] = validation.weight
            self.reduction_time_ = time.perf_counter() - reduction_start
            reducing.call_on_fit_task_end(estimator=self, **data)

            classifying = context.subcontext(task_name="classify")
            with classifying.propagate_callback_context(self.classifier_):
                classifying.call_on_fit_task_begin(estimator=self, **data)
                self.classifier_.fit(X, y, **fit_parameters)
                classifying.call_on_fit_task_end(estimator=self, **data)
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        self.fit_time_ = time.perf_counter() - start
        return self

    def _clone_parts(self):
        if self.reducer is None:
            from sklearn.decomposition import PCA  # takes long to import

            self.reducer_ = PCA(0.95)
        else:
            self.reducer_ = clone(self.reducer)
        self.classifier_ = (
            DenseDigitClassifier() if self.classifier is None else clone(self.classifier)
        )
        if self.random_state is None:
            return
        rng = check_random_state(self.random_state)
        for part in (self.reducer_, self.classifier_):
            for name, value in sorted(part.get_params().items(), key=lambda item: item[0]):
                if name.split("__")[-1] == "random_state" and value is None:
                    part.set_params(**{name: rng.randint(2**31 - 1)})

    def _merged(self, X, y, weight):
        """Samples of positive weight; those of a single batch as that batch will have them."""
        rows = np.flatnonzero(weight)
        is_digit_network = isinstance(self.classifier_, BaseDigitClassifier)
        if is_digit_network and len(rows) <= self.classifier_.batch_size:
            y = np.searchsorted(self.classes_, y[rows])
            X, y, weight = _samples.merge_equal_samples(X[rows], y, weight[rows])
            return X, self.classes_[y], weight
        if len(rows) < len(X):
            return X[rows], y[rows], weight[rows]
        return X, y, weight

    def _sk_visual_block_(self):
        check_is_fitted(self)  # else scikit-learn's diagram shows the parts that were given
        parts = [self.reducer_, self.classifier_]
        return _VisualBlock(
            "serial",
            parts,
            names=[
                f"{name}: {type(part).__name__}"
                for name, part in zip(("reducer_", "classifier_"), parts, strict=True)
            ],
            name_details=[str(part) for part in parts],
        )

    def _reduce(self, X):
        check_is_fitted(self)
        return self.reducer_.transform(
            validate_data(self, X, dtype=_samples.INPUT_DTYPES, reset=False)
        )

    def predict(self, X):
        """Predict the class of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, not reduced.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        reduced = self._reduce(X)
        return self.classifier_.predict(reduced)

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, not reduced.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        reduced = self._reduce(X)
        return self.classifier_.predict_proba(reduced)

    @available_if(_classifier_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, not reduced.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        reduced = self._reduce(X)
        return self.classifier_.predict_log_proba(reduced)

    @available_if(_classifier_has("activations"))
    def activations(self, X, layer=-1):
        """Compute what a hidden layer of the network makes of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, not reduced.
        layer : int, default=-1
            Position of the hidden layer, from 0; negative ones count from the last.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            Outputs of its units.

        Raises
        ------
        ValueError
            If there is no such hidden layer, or none at all.
        """
        reduced = self._reduce(X)
        return self.classifier_.activations(reduced, layer)

    @available_if(_classifier_has("summary"))
    def summary(self):
        """Tell the layers of the network behind the reducer.

        Returns
        -------
        summary : DataFrame
            A row for its input and for each layer: ``layer`` in words, ``output_shape`` of one
            sample, and ``n_parameters``, the number of its trained weights.
        """
        check_is_fitted(self)
        return self.classifier_.summary()
