"""Routing of metadata to a reducer and to the classifier after it."""

import inspect

from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import has_fit_parameter


def metadata_router(owner, reducer, classifier):
    """Create the router of an estimator that fits a reducer and a classifier."""
    reducer_method = "fit_transform" if hasattr(reducer, "fit_transform") else "fit"
    to_reducer = MethodMapping().add(caller="fit", callee=reducer_method)
    to_classifier = MethodMapping().add(caller="fit", callee="fit")
    to_classifier.add(caller="score", callee="score")
    router = MetadataRouter(owner=owner).add(reducer=reducer, method_mapping=to_reducer)
    return router.add(classifier=classifier, method_mapping=to_classifier)


def route_fit(owner, metadata, reducer, classifier):
    """Distribute the metadata of a fit to the methods of the reducer and the classifier.

    With scikit-learn's metadata routing enabled, both receive the metadata that they request.
    Otherwise the classifier receives everything, and the reducer receives the sample weights if
    its fit accepts them.

    Parameters
    ----------
    owner : estimator
        Estimator that has the reducer and the classifier as parameters.
    metadata : dict
    reducer, classifier : estimator

    Returns
    -------
    routed : Bunch
        ``routed.reducer`` and ``routed.classifier`` hold the metadata of each of their methods.

    Raises
    ------
    ValueError
        If the classifier's ``fit`` does not accept some of the metadata.
    """
    if get_config()["enable_metadata_routing"]:
        return process_routing(owner, "fit", **metadata)
    for name in metadata:
        if not _accepts(classifier, name):
            raise ValueError(f"{name} was passed, but {classifier} does not accept it")
    for_reducer = {}
    if "sample_weight" in metadata and has_fit_parameter(reducer, "sample_weight"):
        for_reducer = {"sample_weight": metadata["sample_weight"]}
    return Bunch(
        reducer=Bunch(fit=for_reducer, fit_transform=for_reducer),
        classifier=Bunch(fit=metadata),
    )


def _accepts(estimator, name):
    """Return whether the fit of an estimator accepts an argument, by name or as ``**kwargs``."""
    parameters = inspect.signature(estimator.fit).parameters.values()
    return any(
        parameter.name == name or parameter.kind == parameter.VAR_KEYWORD
        for parameter in parameters
    )
