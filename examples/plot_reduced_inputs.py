"""
Reduced inputs
==============

Does a network need all 784 pixels? PCA condenses them, and a forest selects the most important
ones.
"""

# %%
# The published study uses the principal components that explain 95 % of the variance, and the 70
# pixels that a random forest finds most important. This example uses 10,000 training images.

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y, X_val, y_val = X[5000:15_000], y[5000:15_000], X[:5000], y[:5000]

forest = RandomForestClassifier(n_estimators=100, random_state=42, n_jobs=2)
reducers = {
    "PCA": PCA(0.95),
    "forest": SelectFromModel(forest, threshold=-np.inf, max_features=70),
}

# %%
# ``ReducedDigitClassifier`` combines a reducer and a network. Unlike a ``Pipeline``, it also
# reduces the validation samples, and it reports the time of the reduction.

network = DenseDigitClassifier(256, epochs=8)
models = {
    name: ReducedDigitClassifier(reducer, network, random_state=0).fit(
        X, y, X_val=X_val, y_val=y_val
    )
    for name, reducer in reducers.items()
}
models["all pixels"] = network.set_params(random_state=0).fit(X, y, X_val=X_val, y_val=y_val)

for name, model in models.items():
    n_inputs = getattr(model, "classifier_", model).n_features_in_
    reduction = getattr(model, "reduction_time_", 0)
    print(
        f"{name}: {n_inputs} inputs, {model.n_parameters_:,} parameters, "
        f"{reduction:.1f} s of {model.fit_time_:.1f} s for the reduction, "
        f"accuracy {model.score(X_test, y_test):.4f}"
    )

# %%
# With so few images, PCA costs little accuracy, and the forest's pixels cost more. With all of
# MNIST and a larger network, PCA costs almost none.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(models)

# %%
# Plot the importances of the pixels, and the pixels of a digit that the network sees.

from skdigits.displays import PixelImportanceDisplay, SelectedPixelsDisplay

PixelImportanceDisplay.from_estimator(models["forest"])
SelectedPixelsDisplay.from_estimator(models["forest"], X[0])

# %%
# A principal component is a pattern of pixels. Images contain it with a positive or negative
# weight.

PixelImportanceDisplay.from_estimator(models["PCA"], component=1)

# %%
# Search the parameters of the reducer and the network together, here in a plain pipeline.

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

small = DenseDigitClassifier(64, batch_size=32, epochs=8, random_state=0)
pipeline = make_pipeline(PCA(random_state=0), small)
search = GridSearchCV(pipeline, {"pca__n_components": [5, 10, 20, 40, 80, 160]}, cv=2)
search.fit(X, y)

from skdigits.displays import SweepDisplay

SweepDisplay.from_estimator(search)
