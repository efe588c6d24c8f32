"""Study ``data-size``: accuracy with 100 to 60,000 training images, with learning_curve.

The classifiers are the default networks (the dense one also on PCA(0.95) and on the 70 most
important pixels of a forest fitted on the same images) and six classifiers of scikit-learn with
their defaults, except that C=5 suits SVC better on these images than its default of 1. Pixels are
divided by 255. There are five repetitions with up to 3,000 images and one with more; each draws the
images anew and has its own initial weights. There are no published results: the authors of the
study depth-width announced this question but published nothing about it.
"""

from functools import partial

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier
from skdigits.studies.data import Split
from skdigits.studies.spec import Curve
from skdigits.studies.study import Study

SIZES = (100, 300, 1_000, 3_000, 10_000, 60_000)
SEEDS = (5, 5, 5, 5, 1, 1)
# Ours come first, then the others, slowest first, so that no core idles during a long last fit.
ESTIMATORS = {
    "convolutional": ConvDigitClassifier(),
    "dense": DenseDigitClassifier(),
    "PCA": ReducedDigitClassifier(PCA(0.95), DenseDigitClassifier()),
    "forest": ReducedDigitClassifier(
        SelectFromModel(RandomForestClassifier(), threshold=-np.inf, max_features=70),
        DenseDigitClassifier(),
    ),
    "SVC(C=5)": SVC(C=5),
    "HistGradientBoosting": HistGradientBoostingClassifier(),
    "MLPClassifier": MLPClassifier(),
    "RandomForest": RandomForestClassifier(),
    "LogisticRegression": LogisticRegression(),
    "KNeighbors": KNeighborsClassifier(),
}


def _label(name, parameters):
    return f"{name}, {parameters['images']:,} images"


STUDY = Study(
    name="data-size",
    title="Number of training images",
    question="How many images does each kind of classifier need?",
    split=Split(),
    minutes=32,
    experiments=tuple(
        Curve(name, estimator, SIZES, partial(_label, name), seeds=SEEDS)
        for name, estimator in ESTIMATORS.items()
    ),
    notes=(
        "Rows with up to 3,000 images are means over five random samples of the images; those with "
        "more images come from a single sample.",
        "SVC computes no probabilities, so it has no loss.",
    ),
)
