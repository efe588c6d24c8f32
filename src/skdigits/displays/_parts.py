"""Find the part of an estimator that a display draws."""

import math

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def is_fitted_search(estimator):
    """Return whether an estimator is a fitted search; some selectors have ``cv_results_`` too."""
    return hasattr(estimator, "cv_results_") and hasattr(estimator, "refit")


def final_network(estimator):
    """Return the final estimator inside searches, pipelines and reduced classifiers.

    Raises
    ------
    NotFittedError
    ValueError
        If a search was fitted with ``refit=False``.
    """
    check_is_fitted(estimator)
    if is_fitted_search(estimator):
        return final_network(_refitted(estimator))
    if isinstance(estimator, Pipeline):
        return final_network(estimator[-1])
    if hasattr(estimator, "classifier_"):
        return final_network(estimator.classifier_)
    return estimator


def input_of_network(estimator, X):
    """Transform X by all steps before the network."""
    if is_fitted_search(estimator):
        return input_of_network(_refitted(estimator), X)
    if isinstance(estimator, Pipeline):
        before = estimator[:-1].transform(X) if len(estimator) > 1 else X
        return input_of_network(estimator[-1], before)
    if hasattr(estimator, "classifier_"):
        return input_of_network(estimator.classifier_, estimator.reducer_.transform(X))
    return X


def first_step(estimator):
    """Return the part that receives the pixels: a step, a reducer or the estimator itself."""
    is_prefit = getattr(estimator, "prefit", False)  # a SelectFromModel that needs no fit
    check_is_fitted(estimator.estimator if is_prefit else estimator)
    if is_fitted_search(estimator):
        return first_step(_refitted(estimator))
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        return first_step(steps[0]) if steps else estimator
    return first_step(estimator.reducer_) if hasattr(estimator, "reducer_") else estimator


def image_shape_of(estimator, X):
    """Return the image shape of a convolutional network if X has as many pixels, else None."""
    shape = getattr(final_network(estimator), "image_shape_", None)
    if shape is not None and math.prod(shape) == math.prod(np.shape(X)[1:]):
        return shape
    return None


def _refitted(search):
    if not hasattr(search, "best_estimator_"):
        raise ValueError(
            f"estimator must be fitted; {type(search).__name__} has no best_estimator_, as it was "
            f"fitted with refit={search.refit}"
        )
    return search.best_estimator_
