"""Reduced input: a transformer followed by a classifier, fitted as one estimator."""

import time

from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdigits._compat import (
    HasMethods,
    VisualBlock,
    check_feature_names,
    check_n_features,
    fit_context,
    raise_for_params,
)
from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.dense import DenseDigitClassifier
from skdigits._estimators.input_range import (
    table_range,
    training_range,
    warn_if_scaled_differently,
)
from skdigits._estimators.persistence import (
    VersionedState,
    fitted_property,
    replace_on_success,
    snapshot,
)
from skdigits._estimators.routing import metadata_router, route_fit
from skdigits._estimators.validation import check_validation_arguments
from skdigits._training.state import TrainingInterrupted


def _classifier_has(method):
    """Check that the fitted classifier or, before `fit`, the given one has a method."""

    def check(self):
        given = DenseDigitClassifier if self.classifier is None else self.classifier
        return hasattr(getattr(self, "classifier_", given), method)

    return check


def _of_classifier(attribute):
    """Create a property that returns an attribute of the fitted classifier."""

    def compute(self):
        return getattr(self.classifier_, attribute)

    compute.__name__, compute.__doc__ = attribute, f"`{attribute}` of `classifier_`."
    return fitted_property(compute)


def _as_array(X):
    """Return the array of a frame, and any other X unchanged."""
    return X.to_numpy() if hasattr(X, "to_numpy") else X


class ReducedDigitClassifier(VersionedState, CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Reducer, such as PCA or a feature selector, followed by a classifier.

    Its predictions are those of ``make_pipeline(reducer, classifier)``. Unlike a Pipeline, it also
    reduces validation samples, and reports the time that the reduction took.

    Parameters
    ----------
    reducer : transformer, default=None
        Fitted on the training samples. None means ``PCA(0.95)``.
    classifier : classifier, default=None
        Fitted on the reduced samples. None means ``DenseDigitClassifier()``.
    random_state : int, RandomState instance or None, default=None
        Seeds the reducer, the classifier and the estimators inside them, wherever their own
        ``random_state`` is None.

    Attributes
    ----------
    reducer_ : transformer
        The fitted reducer.
    classifier_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.
    fit_time_ : float
        Seconds that the last `fit` took.
    reduction_time_ : float
        Part of `fit_time_` spent on fitting the reducer and reducing the samples.
    history_, epoch_times_, n_iter_, best_epoch_, n_parameters_
        Those of `classifier_`, if it has them.

    Notes
    -----
    Sample weights go to the classifier, and to the reducer if its ``fit`` accepts them. PCA does
    not: as in a Pipeline, a weight of 2 is not the same as repeating the sample, and samples of
    weight 0 affect the reduction.

    With scikit-learn's metadata routing enabled, the reducer and the classifier receive the
    metadata that they request, for example with
    ``DenseDigitClassifier().set_fit_request(sample_weight=True)``. The default classifier requests
    everything that its `fit` accepts.

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
        "reducer": [HasMethods(["fit", "transform"]), None],
        "classifier": [HasMethods(["fit", "predict"]), None],
        "random_state": ["random_state"],
    }

    def __init__(self, reducer=None, classifier=None, *, random_state=None):
        self.reducer = reducer
        self.classifier = classifier
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        **params,
    ):
        """Fit the reducer, then the classifier.

        Ctrl-C while the classifier trains raises KeyboardInterrupt; a digit network keeps its
        completed epochs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples, in any form that the reducer accepts.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Unreduced samples on which the classifier is validated after every epoch. In a
            search or a cross-validation, their number must differ from that of `X`, because
            scikit-learn splits every argument with as many rows as `X`.
        y_val : array-like of shape (n_val_samples,), default=None
            Labels of `X_val`.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Sample weights of `X_val`.
        **params : dict
            Other metadata for the reducer and the classifier, if metadata routing is enabled.

        Returns
        -------
        self : object
            Fitted classifier.

        Raises
        ------
        ValueError
            If data or parameters are invalid. The classifier then stays unchanged.
        TypeError
            If X is sparse and `reducer` is None.
        """
        start = time.perf_counter()
        raise_for_params(params, self, "fit")
        data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        context = self._init_callback_context(max_subtasks=2)
        context.call_on_fit_task_begin(estimator=self, **data)
        metadata = {
            "sample_weight": sample_weight,
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
        }
        metadata = {name: value for name, value in metadata.items() if value is not None}
        if metadata.keys() - {"sample_weight"}:
            check_validation_arguments(X_val, y_val, sample_weight_val)
        if self.reducer is None and issparse(X):
            raise TypeError("X must be dense for the default reducer, PCA(0.95); got sparse data")
        with replace_on_success(self) as fitted:
            check_feature_names(fitted, X, reset=True)
            check_n_features(fitted, X, reset=True)
            fitted._record_scale(X)
            fitted._check_scale(X_val, "X_val")
            fitted._clone_parts()
            routed = route_fit(fitted, metadata | params, fitted.reducer_, fitted.classifier_)
            reducing = context.subcontext(task_name="reduce")
            reducing.call_on_fit_task_begin(estimator=self, **data)
            X_reduced = fitted._fit_reducer(X, y, routed.reducer)
            fit_params = fitted._reduce_validation(routed.classifier.fit)
            fitted.reduction_time_ = time.perf_counter() - start
            reducing.call_on_fit_task_end(estimator=self, **data)

            classifying = context.subcontext(task_name="classify")
            interruption = None
            with classifying.propagate_callback_context(fitted.classifier_):
                classifying.call_on_fit_task_begin(estimator=self, **data)
                try:
                    fitted.classifier_.fit(X_reduced, y, **fit_params)
                except TrainingInterrupted as error:
                    if not isinstance(fitted.classifier_, BaseDigitClassifier):
                        raise  # the search or ensemble around the network is not fitted
                    interruption = error
                classifying.call_on_fit_task_end(estimator=self, **data)
            fitted.classes_ = fitted.classifier_.classes_
            fitted.fit_time_ = time.perf_counter() - start
        if interruption:
            raise interruption
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        return self

    def get_metadata_routing(self):
        """Get the metadata routing of this object.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            Routes the metadata of `fit` to the reducer and the classifier, and the sample weights
            of `score` to the classifier.
        """
        return metadata_router(self, *self._parts())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.reducer is not None:
            tags.input_tags = get_tags(self.reducer).input_tags
        return tags

    def _parts(self):
        """Return the unfitted reducer and the unfitted classifier."""
        reducer, classifier = self.reducer, self.classifier
        if reducer is None:
            from sklearn.decomposition import PCA  # slow to import

            reducer = PCA(0.95)
        if classifier is None:
            classifier = DenseDigitClassifier()
            if get_config()["enable_metadata_routing"]:
                names = ("sample_weight", "X_val", "y_val", "sample_weight_val")
                classifier.set_fit_request(**dict.fromkeys(names, True))
        return reducer, classifier

    def _clone_parts(self):
        self.reducer_, self.classifier_ = map(clone, self._parts())
        if not is_classifier(self.classifier_):
            raise ValueError(f"classifier must be a classifier; got {self.classifier_}")
        if self.random_state is None:
            return
        rng = check_random_state(self.random_state)
        for part in (self.reducer_, self.classifier_):
            for name, value in sorted(part.get_params().items(), key=lambda item: item[0]):
                if name.split("__")[-1] == "random_state" and value is None:
                    part.set_params(**{name: rng.randint(2**31 - 1)})

    def _record_scale(self, X):
        X = _as_array(X)
        values = table_range(X)
        self._training_range = None if values is None else training_range(X, values)

    def _check_scale(self, X, name="X"):
        """Warn about samples scaled differently from the training samples; a reducer hides that."""
        X = _as_array(X)
        values = table_range(X)
        if self._training_range is not None and values is not None:
            warn_if_scaled_differently(X, values, self._training_range, name)

    def _fit_reducer(self, X, y, routed):
        if hasattr(self.reducer_, "fit_transform"):
            return self.reducer_.fit_transform(X, y, **routed.fit_transform)
        return self.reducer_.fit(X, y, **routed.fit).transform(X)

    def _reduce_validation(self, fit_params):
        """Reduce the validation samples among the parameters of the classifier's fit."""
        if "X_val" not in fit_params:
            return fit_params
        try:
            check_n_features(self, fit_params["X_val"], reset=False)
            return fit_params | {"X_val": self.reducer_.transform(fit_params["X_val"])}
        except ValueError as error:
            raise ValueError(f"X_val cannot be reduced: {error}") from error

    def _sk_visual_block_(self):
        fitted = snapshot(self)
        check_is_fitted(fitted)  # else scikit-learn's diagram shows the parts that were passed
        parts = {"reducer_": fitted.reducer_, "classifier_": fitted.classifier_}
        return VisualBlock(
            "serial",
            list(parts.values()),
            names=[f"{name}: {type(part).__name__}" for name, part in parts.items()],
            name_details=[str(part) for part in parts.values()],
        )

    def _call_classifier(self, method, X, *arguments):
        """Call a method of the classifier on reduced samples."""
        fitted = snapshot(self)
        check_is_fitted(fitted)
        check_feature_names(fitted, X, reset=False)
        fitted._check_scale(X)
        X_reduced = fitted.reducer_.transform(X)
        return getattr(fitted.classifier_, method)(X_reduced, *arguments)

    def predict(self, X):
        """Predict the class of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Unreduced samples.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        return self._call_classifier("predict", X)

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Unreduced samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``.
        """
        return self._call_classifier("predict_proba", X)

    @available_if(_classifier_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Unreduced samples.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``.
        """
        return self._call_classifier("predict_log_proba", X)

    @available_if(_classifier_has("decision_function"))
    def decision_function(self, X):
        """Compute the decision function of the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Unreduced samples.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            As the classifier returns them.
        """
        return self._call_classifier("decision_function", X)

    @available_if(_classifier_has("activations"))
    def activations(self, X, layer=-1):
        """Compute the activations of a hidden layer of the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Unreduced samples.
        layer : int, default=-1
            Index of the hidden layer, from 0; negative indices count from the last layer.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            Outputs of its units.

        Raises
        ------
        ValueError
            If there is no such hidden layer, or none at all.
        """
        return self._call_classifier("activations", X, layer)

    @available_if(_classifier_has("summary"))
    def summary(self):
        """List the layers of the network after the reducer.

        Returns
        -------
        summary : list of named tuples
            One for the input of the network and one for each layer, with its description
            (``layer``), the shape of its output for one sample (``output_shape``) and its number of
            trainable weights (``n_parameters``). The list prints as a table;
            ``pandas.DataFrame(summary)`` converts it.
        """
        check_is_fitted(self)
        return self.classifier_.summary()

    history_ = _of_classifier("history_")
    epoch_times_ = _of_classifier("epoch_times_")
    n_iter_ = _of_classifier("n_iter_")
    best_epoch_ = _of_classifier("best_epoch_")
    n_parameters_ = _of_classifier("n_parameters_")
