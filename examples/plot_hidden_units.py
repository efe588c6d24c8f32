"""
What the hidden units learned
=============================

Networks of one and of two hidden units are too small for ten digits, and small enough to be seen.
"""

# %%
from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X = X[:20_000] / 255
y = y[:20_000]
keras_way = {
    "activation": "relu",
    "dropout": 0.0,
    "optimizer": "rmsprop",
    "learning_rate_schedule": "constant",
    "batch_size": 32,
    "standardize": False,
    "epochs": 20,
    "random_state": 0,
}

# %%
# One unit. Its activation is all that the output layer knows of an image, so that each digit gets
# an interval of it. There is no room for all ten: a class whose box is empty is never predicted.

from skdigits.displays import ActivationDisplay

one = DenseDigitClassifier(1, **keras_way).fit(X, y)
print(
    f"accuracy {one.score(X, y):.3f}, digits ever predicted: {sorted(set(one.predict(X).tolist()))}"
)
ActivationDisplay.from_estimator(one, X)

# %%
# Two units. Each digit gets a sector of the plane, seen from the origin.

two = DenseDigitClassifier(2, **keras_way).fit(X, y)
print(f"accuracy {two.score(X, y):.3f}")
ActivationDisplay.from_estimator(two, X)

# %%
# What it mixes up: ones and threes as it calls them, up to 25 of each kind.

from skdigits.displays import ConfusedDigitsDisplay

ConfusedDigitsDisplay.from_estimator(two, X, y, classes=(1, 3))

# %%
# More units than two are projected, by PCA unless another projector is given; or some are chosen.

deep = DenseDigitClassifier((64, 32), epochs=5, random_state=0).fit(X, y)
ActivationDisplay.from_estimator(deep, X[:5000])
ActivationDisplay.from_estimator(deep, X[:5000], layer=0, units=(0, 1))

# %%
# What a unit looks for is told by its weights, as an image. Those of softmax regression, a network
# without hidden layers, are easiest to read: the unit of a digit likes ink where that digit has it,
# and dislikes it (orange) where others do.

import matplotlib.pyplot as plt

from skdigits.displays import PixelImportanceDisplay

softmax = DenseDigitClassifier((), learning_rate=0.01, epochs=10, random_state=0).fit(X, y)
figure, axes = plt.subplots(2, 2, figsize=(7, 5.6), layout="compressed")
for digit, ax in enumerate(axes.flat):
    PixelImportanceDisplay.from_estimator(softmax, component=digit, ax=ax)
    ax.set_title(f"unit of digit {digit}", fontsize="medium")
