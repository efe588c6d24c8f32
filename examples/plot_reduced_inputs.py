"""
Reduced inputs
==============

Does a network need all 784 pixels? PCA condenses them, and a forest selects the most important
ones. Compare the size, time and accuracy of wide networks on all and on fewer inputs.
"""

# %%
# :class:`~skdigits.ReducedDigitClassifier` combines a reducer and a network. Unlike a ``Pipeline``,
# it also applies the reducer to the validation samples, and it reports the time of the reduction.

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y, X_val, y_val = X[5000:], y[5000:], X[:5000], y[:5000]

network = DenseDigitClassifier(700, random_state=0)
forest = RandomForestClassifier(n_jobs=2)
models = {
    "all pixels": network,
    "PCA, 150 components": ReducedDigitClassifier(PCA(150), network, random_state=0),
    "PCA, 50 components": ReducedDigitClassifier(PCA(50), network, random_state=0),
    "forest, 70 pixels": ReducedDigitClassifier(
        SelectFromModel(forest, threshold=-np.inf, max_features=70), network, random_state=0
    ),
}

# %%
# Fit all models, and measure their size, times and accuracy. The fit time includes the reduction
# and, in the first epoch, compiling the network.

import time

import pandas as pd

rows = {}
for name, model in models.items():
    model.fit(X, y, X_val=X_val, y_val=y_val)
    start = time.perf_counter()
    accuracy = model.score(X_test, y_test)
    rows[name] = {
        "parameters": model.n_parameters_,
        "reduction, s": getattr(model, "reduction_time_", 0.0),
        "fit, s": model.fit_time_,
        "per epoch, s": np.median(model.epoch_times_),
        "10,000 predictions, s": time.perf_counter() - start,
        "test accuracy": accuracy,
    }
pd.DataFrame.from_dict(rows, orient="index").round(
    {"reduction, s": 1, "fit, s": 1, "per epoch, s": 2, "10,000 predictions, s": 2}
)

# %%
# PCA is worthwhile: with 150 components, the network has a fifth of the parameters and trains in
# less than half of the time, at almost the same accuracy. Even 50 components are enough for most
# digits. The pixels selected by the forest lower the accuracy, and selecting them takes longer than
# training the network. Select pixels only if you need to measure or send fewer of them.

from skdigits.displays import TrainingHistoryDisplay

display = TrainingHistoryDisplay.from_estimator(models)
display.ax_[0].set_ylim(0, 0.4)
display.ax_[1].set_ylim(0.9, 1)

# %%
# How many components are enough? Search for the best number in a pipeline, here with fewer images.

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdigits.displays import SweepDisplay

pipeline = make_pipeline(
    PCA(random_state=0), DenseDigitClassifier(256, batch_size=128, epochs=20, random_state=0)
)
search = GridSearchCV(pipeline, {"pca__n_components": [5, 10, 20, 40, 80, 160]}, cv=2)
search.fit(X[:10_000], y[:10_000])

SweepDisplay.from_estimator(search)

# %%
# A principal component is a pattern of pixels. Each image contains it with a positive or negative
# weight.

from skdigits.displays import PixelImportanceDisplay

PixelImportanceDisplay.from_estimator(models["PCA, 50 components"], component=1)

# %%
# The forest selects pixels instead: plot the importances of all of them, and the selected ones over
# a digit.

from skdigits.displays import SelectedPixelsDisplay

PixelImportanceDisplay.from_estimator(models["forest, 70 pixels"])
SelectedPixelsDisplay.from_estimator(models["forest, 70 pixels"], X[0])
