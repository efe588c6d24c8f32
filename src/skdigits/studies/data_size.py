"""Study ``data-size``: accuracy with 100 to 60,000 training images, by learning_curve.

Our default dense and convolutional networks, and the dense one behind PCA(0.95) and behind the 70
most important pixels of a forest, which is fitted on the same images. Three random choices of the
images, each with initial weights of its own; pixels / 255. A row of our own, all of it: study
depth-width announces it without figures.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits.studies._images import Split
from skdigits.studies._study import Curve, Study

SIZES = (100, 1_000, 10_000, 60_000)


def _dense(parameters):
    return f"dense, {parameters['images']:,} images"


def _conv(parameters):
    return f"convolutional, {parameters['images']:,} images"


def _pca(parameters):
    return f"PCA, {parameters['images']:,} images"


def _forest(parameters):
    return f"forest, {parameters['images']:,} images"


STUDY = Study(
    name="data-size",
    title="Number of training images",
    question="How many images does each kind of network need?",
    split=Split(),
    minutes=18,
    experiments=(
        Curve("dense", DenseDigitClassifier(), SIZES, _dense, seeds=3),
        Curve("convolutional", ConvDigitClassifier(), SIZES, _conv, seeds=3),
        Curve(
            "PCA",
            ReducedDigitClassifier(PCA(0.95), DenseDigitClassifier()),
            SIZES,
            _pca,
            seeds=3,
        ),
        Curve(
            "forest",
            ReducedDigitClassifier(
                SelectFromModel(RandomForestClassifier(), threshold=-np.inf, max_features=70),
                DenseDigitClassifier(),
            ),
            SIZES,
            _forest,
            seeds=3,
        ),
    ),
    notes=(
        "Each row is a mean over random choices of the images, with the range below; with 60,000 "
        "images only their order and the initial weights differ.",
    ),
)
