"""Pixel importances of fitted estimators."""

import numpy as np
from scipy.sparse import issparse

from skdigits._utils import is_int


def pixel_importances(step, component):
    """Compute the importance of each input feature of a fitted estimator.

    Parameters
    ----------
    step : estimator
        A forest, a feature selector, PCA, a dense network or a linear model.
    component : int or None
        Component of PCA, or unit of the first layer.

    Returns
    -------
    importances : ndarray of shape (n_features,)
    label : str
        Name of the quantity.

    Raises
    ------
    ValueError
        If the estimator has no importances, or no such component.
    """
    # Not recognized by estimator_: a forest has one too, a tree that was never fitted.
    if not hasattr(step, "get_support"):
        return _model_importances(step, component)
    model = getattr(step, "estimator_", None)
    if getattr(step, "prefit", False):
        model = step.estimator
    if model is None:
        if not hasattr(step, "scores_"):
            raise ValueError(f"estimator must have importances or scores of pixels; got {step!r}")
        if component is not None:
            raise ValueError(_no_components(step, component))
        scores = step.scores_
        highest = scores[np.isfinite(scores)].max(initial=0)
        return np.nan_to_num(scores, posinf=highest), "score"  # the score of constant pixels is NaN
    values, label = _model_importances(model, component)
    selected = step.get_support()
    if len(values) == len(selected):
        return values, label
    importances = np.zeros(len(selected))  # the model was fitted on the selected features only
    importances[selected] = values
    return importances, label


def _no_components(model, component):
    kind = type(model).__name__
    return f"component must be None for {kind}, which has no components; got {component!r}"


def _model_importances(model, component):
    if hasattr(model, "feature_importances_"):
        if component is not None:
            raise ValueError(_no_components(model, component))
        return model.feature_importances_, "importance"
    if hasattr(model, "components_"):
        position = 0 if component is None else component
        components = model.components_
        components = components.toarray() if issparse(components) else components
        return _select_row(components, position), f"component {position}"
    weights = model.coefs_[0].T if hasattr(model, "coefs_") else getattr(model, "coef_", None)
    if weights is None or weights.ndim != 2:
        raise ValueError(
            "estimator must begin with a step that has importances, components or weights of "
            f"pixels; got {model!r}"
        )
    if component is None:
        return np.abs(weights).mean(axis=0), "mean absolute weight"
    return _select_row(weights, component), f"weight of unit {component}"


def _select_row(rows, component):
    if not (is_int(component) and 0 <= component < len(rows)):
        raise ValueError(f"component must be an int from 0 to {len(rows) - 1}; got {component!r}")
    return rows[component]
