"""
Reduced inputs
==============

Do 784 pixels have to be seen? PCA makes fewer numbers of them, a forest says which of them count.
"""

# %%
# The two published ways: as many principal components as explain 95 % of the variance, and the 70
# pixels that a random forest finds most important. 10,000 training images are enough for a look.

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
# ``ReducedDigitClassifier`` puts a reducer in front of a network. It does what a ``Pipeline`` does,
# takes validation samples through the reducer too, and tells its time apart.

network = DenseDigitClassifier(256, epochs=8)
models = {
    name: ReducedDigitClassifier(reducer, network, random_state=0).fit(
        X, y, X_val=X_val, y_val=y_val
    )
    for name, reducer in reducers.items()
}
models["all pixels"] = network.set_params(random_state=0).fit(X, y, X_val=X_val, y_val=y_val)

for name, model in models.items():
    inner = getattr(model, "classifier_", model)
    reduction = getattr(model, "reduction_time_", 0)
    print(
        f"{name}: {inner.n_features_in_} inputs, {inner.n_parameters_:,} parameters, "
        f"{reduction:.1f} s of {model.fit_time_:.1f} s for the reduction, "
        f"accuracy {model.score(X_test, y_test):.4f}"
    )

# %%
# With so few images both cost accuracy, PCA little and the forest's pixels more. With all of MNIST
# and a larger network, PCA costs next to none.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(models)

# %%
# Where the forest looks, and which pixels the network behind it gets to see of a digit.

from skdigits.displays import PixelImportanceDisplay

PixelImportanceDisplay.from_estimator(models["forest"])
PixelImportanceDisplay.from_estimator(models["forest"], image=X[0])

# %%
# A principal component is a pattern that is added and taken away.

PixelImportanceDisplay.from_estimator(models["PCA"], component=1)

# %%
# In a plain pipeline, reducer and network are searched together.

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

small = DenseDigitClassifier(64, batch_size=32, epochs=8, random_state=0)
pipeline = make_pipeline(PCA(random_state=0), small)
search = GridSearchCV(pipeline, {"pca__n_components": [5, 10, 20, 40, 80, 160]}, cv=2)
search.fit(X, y)

from skdigits.displays import SweepDisplay

SweepDisplay.from_estimator(search)
