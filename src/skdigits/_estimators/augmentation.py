"""The parameter `augmentation`: the limits of the random distortions."""

from numbers import Real

from skdigits._estimators.validation import as_float
from skdigits._utils import FLOAT32_MAX

DISTORTIONS = ("shift", "rotation", "zoom", "shear", "elastic")


def augmentation_limits(augmentation, image_shape):
    """Return the limits of the distortions, or None for no augmentation.

    Parameters
    ----------
    augmentation : "digits", dict or None
        As passed to the classifier.
    image_shape : (int, int)
        Height and width of the images.

    Returns
    -------
    limits : tuple of float or None
        Largest shift (pixels), rotation (degrees), zoom (fraction) and shear (degrees), and the
        standard deviation of elastic displacements (pixels).

    Raises
    ------
    ValueError
        If the dict has an unknown key, or a limit that is not a valid number.
    """
    if augmentation is None:
        return None
    if isinstance(augmentation, str):  # "digits" is the only valid string
        side = min(image_shape) / 28  # relative to MNIST's images
        augmentation = {
            "shift": 2 * side,
            "rotation": 10,
            "zoom": 0.1,
            "shear": 10,
            "elastic": 0.7 * side,
        }
    for name in augmentation:
        if name not in DISTORTIONS:
            raise ValueError(
                f"augmentation may only have the keys {', '.join(DISTORTIONS[:-1])} and "
                f"{DISTORTIONS[-1]}; got {name!r}"
            )
    limits = {name: augmentation.get(name, 0) for name in DISTORTIONS}
    if not all(
        isinstance(limit, Real) and 0 <= as_float(limit) <= FLOAT32_MAX for limit in limits.values()
    ):
        raise ValueError(f"augmentation must hold finite, non-negative numbers; got {augmentation}")
    if limits["zoom"] >= 1:
        raise ValueError(
            f"augmentation must have a zoom below 1 (it is a fraction); got {augmentation}"
        )
    if limits["shear"] >= 90:
        raise ValueError(f"augmentation must have a shear below 90 degrees; got {augmentation}")
    return tuple(map(float, limits.values()))
