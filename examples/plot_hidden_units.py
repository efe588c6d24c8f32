"""
What the hidden units learned
=============================

Networks with one or two hidden units are too small for ten digits, but small enough to plot.
"""
# sphinx_gallery_thumbnail_number = 2

# %%
from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X = X[:20_000] / 255
y = y[:20_000]
keras_defaults = {
    "activation": "relu",
    "dropout": 0.0,
    "optimizer": "rmsprop",
    "learning_rate_schedule": "constant",
    "batch_size": 32,
    "label_smoothing": 0.0,
    "standardize": False,
    "epochs": 20,
    "random_state": 0,
}

# %%
# With one unit, its activation is the only input of the output layer, so each digit corresponds to
# an interval. There is not enough room for all ten: classes without a box are never predicted.

from skdigits.displays import ActivationDisplay

one = DenseDigitClassifier(1, **keras_defaults).fit(X, y)
print(f"accuracy {one.score(X, y):.3f}, predicted digits: {sorted(set(one.predict(X).tolist()))}")
ActivationDisplay.from_estimator(one, X)

# %%
# With two units, each digit corresponds to a sector of the plane around the origin.

two = DenseDigitClassifier(2, **keras_defaults).fit(X, y)
print(f"accuracy {two.score(X, y):.3f}")
ActivationDisplay.from_estimator(two, X)

# %%
# Plot ones and threes by true and predicted class, up to 25 of each kind.

from skdigits.displays import ConfusedDigitsDisplay

ConfusedDigitsDisplay.from_estimator(two, X, y, classes=(1, 3))

# %%
# Layers with more than two units are projected, by default with PCA. Alternatively, select some of
# the units.

deep = DenseDigitClassifier((64, 32), epochs=5, random_state=0).fit(X, y)
ActivationDisplay.from_estimator(deep, X[:5000])
ActivationDisplay.from_estimator(deep, X[:5000], layer=0, units=(0, 1))

# %%
# The weights of a unit, drawn as an image, show what it responds to. Those of softmax regression, a
# network without hidden layers, are the easiest to read: each unit has positive weights at the
# pixels of its digit, and negative ones (orange) at the pixels of other digits.

import matplotlib.pyplot as plt

from skdigits.displays import PixelImportanceDisplay

softmax = DenseDigitClassifier((), learning_rate=0.01, epochs=10, random_state=0).fit(X, y)
figure, axes = plt.subplots(2, 2, figsize=(7, 5.6), layout="compressed")
for digit, ax in enumerate(axes.flat):
    PixelImportanceDisplay.from_estimator(softmax, component=digit, ax=ax)
    ax.set_title(f"unit of digit {digit}", fontsize="medium")
