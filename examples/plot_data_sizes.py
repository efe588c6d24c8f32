"""
How many images are enough?
===========================

scikit-learn's ``learning_curve`` trains the same network on more and more images. One compiled loop
serves all sizes, so that small ones take fractions of a second.
"""

# %%
import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import LearningCurveDisplay, ShuffleSplit, learning_curve
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X, y = X[:14_000], y[:14_000]

models = {
    "dense": DenseDigitClassifier(128, random_state=0),
    "PCA": make_pipeline(PCA(50, random_state=0), DenseDigitClassifier(128, random_state=0)),
    "convolutional": ConvDigitClassifier((8, 16), hidden_layer_sizes=32, epochs=6, random_state=0),
}
sizes = np.array([100, 300, 1000, 3000, 10_000])
sizes = sizes[sizes <= 5 / 7 * len(X)]
splits = ShuffleSplit(3, test_size=2 / 7, random_state=0)

# %%
# Three random choices of the images for each size; the bands are their standard deviation.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, model in models.items():
    _, train_scores, test_scores = learning_curve(model, X, y, train_sizes=sizes, cv=splits)
    display = LearningCurveDisplay(
        train_sizes=sizes, train_scores=train_scores, test_scores=test_scores
    )
    display.plot(axes, score_type="test", line_kw={"marker": "o"})
    display.lines_[0].set_label(name)
    print(name, np.round(test_scores.mean(axis=1), 4))
axes.set(xscale="log", xlabel="training images", ylabel="accuracy on other images")
axes.legend(frameon=False)
axes.grid(alpha=0.3)

# %%
# From 1,000 to 10,000 images, more than half of the errors go away. Convolutions are ahead from
# some thousand images on; with fewer, so few steps of training are too short for them: more epochs
# would help there.
