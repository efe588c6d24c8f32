"""
The plots of a published study
==============================

The published study of postal digits has eight kinds of plots. This example draws each of them with
a line or two of code, for networks trained on 20,000 images. ``skdigits reproduce`` draws them for
all networks of the study, trained on all images, in its report and in ``reproduced/plots``.
"""
# sphinx_gallery_thumbnail_number = 2

# %%
# Three networks have one, two and 700 hidden units. A fourth one has 700 hidden units and receives
# only the 70 pixels that a forest finds most important. All four are trained as in Keras, on
# pixels / 255 in batches of 32.

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel

from skdigits import DenseDigitClassifier, ReducedDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X, y = X[:25_000] / 255, y[:25_000]
X, y, X_val, y_val = X[5000:], y[5000:], X[:5000], y[:5000]


def mlp(units, optimizer="rmsprop"):
    return DenseDigitClassifier(
        units,
        activation="relu",
        optimizer=optimizer,
        learning_rate_schedule="constant",
        dropout=0.0,
        label_smoothing=0.0,
        standardize=False,
        batch_size=32,
        epochs=20,
        random_state=0,
    )


one = mlp(1).fit(X, y)
two = mlp(2).fit(X, y)
wide = mlp(700).set_params(early_stopping=True, patience=5).fit(X, y, X_val=X_val, y_val=y_val)
forest = RandomForestClassifier(n_estimators=100, random_state=42, n_jobs=2)
pixels = SelectFromModel(forest, threshold=-np.inf, max_features=70)
reduced = ReducedDigitClassifier(pixels, mlp(700, "adam").set_params(epochs=5)).fit(X, y)

# %%
# **Training history**: loss and accuracy of each epoch, on training and on validation images. Where
# the validation loss (dashed) rises while the training loss keeps falling, the network overfits:
# further training makes it more confident of its mistakes. The dot marks the best epoch.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(wide)

# %%
# **Confusion matrix with counts**: rows are true classes, columns are predicted classes. With two
# hidden units, the network confuses many of them.

from sklearn.metrics import ConfusionMatrixDisplay

predicted = two.predict(X)
ConfusionMatrixDisplay.from_predictions(y, predicted, cmap="cividis", colorbar=False)

# %%
# **Errors**: the same matrix as percentages of each row, without the diagonal, whose large counts
# would hide the errors.

from skdigits.displays import ConfusionErrorDisplay

ConfusionErrorDisplay.from_predictions(y, predicted)

# %%
# **Two classes by true and predicted class**: the upper row shows up to 25 ones that are classified
# as 1 and up to 25 that are classified as 3; the lower row shows threes. The study compares 1 with
# 3, and 5 with 8.

from skdigits.displays import ConfusedDigitsDisplay

ConfusedDigitsDisplay.from_predictions(X, y, predicted, classes=(1, 3))
ConfusedDigitsDisplay.from_predictions(X, y, predicted, classes=(5, 8))

# %%
# **The single hidden unit**: its activation by predicted class. This number is the only input of
# the output layer, so each class corresponds to an interval. Classes without a box are never
# predicted.

from skdigits.displays import ActivationDisplay

ActivationDisplay.from_estimator(one, X)

# %%
# **The two hidden units**: each class corresponds to a sector of the plane around the origin. The
# network confuses digits whose sectors are narrow.

ActivationDisplay.from_estimator(two, X)

# %%
# **Pixel importances**: how much each pixel helps the trees of a forest to distinguish digits.
# Pixels at the border are always background and thus useless. Pixels with large importances belong
# to some digits and not to others.

from skdigits.displays import PixelImportanceDisplay

PixelImportanceDisplay.from_estimator(reduced)

# %%
# **The 70 selected pixels** over a digit. The network receives no other pixels and still recognizes
# most digits.

from skdigits.displays import SelectedPixelsDisplay

SelectedPixelsDisplay.from_estimator(reduced, X[0])
print(f"validation accuracy: {reduced.score(X_val, y_val):.4f}")
