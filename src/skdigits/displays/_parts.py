"""The parts of an estimator that a picture is about."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def unwrapped(estimator):
    """The network, or another final estimator, inside of searches, pipelines and reducers."""
    check_is_fitted(estimator)
    if hasattr(estimator, "best_estimator_"):
        return unwrapped(estimator.best_estimator_)
    if isinstance(estimator, Pipeline):
        return unwrapped(estimator[-1])
    if hasattr(estimator, "classifier_"):
        return unwrapped(estimator.classifier_)
    return estimator


def input_of_network(estimator, X):
    """What of X arrives at the network, behind the steps in front of it."""
    if hasattr(estimator, "best_estimator_"):
        return input_of_network(estimator.best_estimator_, X)
    if isinstance(estimator, Pipeline):
        return input_of_network(estimator[-1], estimator[:-1].transform(X))
    if hasattr(estimator, "classifier_"):
        return input_of_network(estimator.classifier_, estimator.reducer_.transform(X))
    return X


def first_step(estimator):
    """What sees the pixels first: a step, a reducer or the estimator itself."""
    check_is_fitted(estimator)
    if hasattr(estimator, "best_estimator_"):
        return first_step(estimator.best_estimator_)
    if isinstance(estimator, Pipeline):
        return first_step(estimator[0])
    return first_step(estimator.reducer_) if hasattr(estimator, "reducer_") else estimator
