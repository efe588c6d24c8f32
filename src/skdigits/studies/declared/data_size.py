"""Study ``data-size``: accuracy with 100 to 60,000 training images, by learning_curve.

The default dense and convolutional networks, and the dense one on PCA(0.95) and on the 70 most
important pixels of a forest fitted on the same images. Three random samples of the images, each
with different initial weights; pixels / 255. None of its results were published: the authors of
study depth-width announced the question without results.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.spec import Curve
from skdigits.studies.study import Study

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
        "Each row is the mean over random samples of the images. With 60,000 images, only their "
        "order and the initial weights differ.",
    ),
)
