"""
The figures of a study
======================

The published study of postal digits draws eight kinds of figures of its networks. Here is each of
them by a line or two, on 20,000 images; ``skdigits reproduce`` draws them of all its networks, on
all images, into its report and into ``reproduced/pictures``.
"""

# %%
# Its networks: one and two hidden units, 700 of them, and 700 behind the 70 most important pixels
# of a forest. Pixels / 255, batches of 32, Keras' own way to train.

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
# **Learning curves.** Loss and accuracy of every epoch, on training and on validation images. Where
# the dashed line of the loss turns up while the other goes on falling, the network has begun to
# learn by heart: training longer makes it surer of its mistakes. The dot is where it was best.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(wide)

# %%
# **Confusion matrix with counts.** A row is a true class, a column a predicted one. With two hidden
# units, classes are taken for one another in large numbers.

from sklearn.metrics import ConfusionMatrixDisplay

predicted = two.predict(X)
ConfusionMatrixDisplay.from_predictions(y, predicted, cmap="cividis", colorbar=False)

# %%
# **Its errors**: the same in percent of each row, with the diagonal taken out, so that errors are
# not outshone by what is right.

from skdigits.displays import ConfusionErrorDisplay

ConfusionErrorDisplay.from_predictions(y, predicted)

# %%
# **Two classes, as they are called**: up to 25 of the ones that are called 1 and of those that are
# called 3, and below them the threes. In the first column, what lies above should be there and what
# lies below should not. The study looks at 1 and 3, and at 5 and 8.

from skdigits.displays import ConfusedDigitsDisplay

ConfusedDigitsDisplay.from_predictions(X, y, predicted, classes=(1, 3))
ConfusedDigitsDisplay.from_predictions(X, y, predicted, classes=(5, 8))

# %%
# **The single hidden unit**: its activation by predicted class. All that the output layer knows of
# an image is this one number, so that each class is an interval of it. A class without a box is
# never predicted.

from skdigits.displays import ActivationDisplay

ActivationDisplay.from_estimator(one, X)

# %%
# **The two hidden units**: now each class is a sector of the plane, seen from the origin. Where
# sectors are narrow, digits are confused.

ActivationDisplay.from_estimator(two, X)

# %%
# **Importance of the pixels**: how much each pixel helps the trees of a forest to tell digits
# apart. The border never has ink and tells nothing; a bright pixel is one where some digits have
# ink and others have not.

from skdigits.displays import PixelImportanceDisplay

PixelImportanceDisplay.from_estimator(reduced)

# %%
# **The 70 chosen pixels** over a digit. The network behind them sees nothing else, and still reads
# most digits.

PixelImportanceDisplay.from_estimator(reduced, image=X[0])
print(f"on images it has not seen: {reduced.score(X_val, y_val):.4f}")
