"""
How many images are enough?
===========================

scikit-learn's ``learning_curve`` fits a classifier on training sets of increasing size. With fewer
images, the classifiers use smaller batches and more epochs by default.
"""

# %%
import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import LearningCurveDisplay, ShuffleSplit, learning_curve
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DenseDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X, y = X[:12_000], y[:12_000]

dense = DenseDigitClassifier(128, random_state=0)
models = {
    "dense": dense,
    "PCA": make_pipeline(PCA(50, random_state=0), dense),
    "convolutional": ConvDigitClassifier((8, 16), hidden_layer_sizes=64, random_state=0),
}
sizes = np.array([100, 300, 1000, 3000, 9000])
splits = ShuffleSplit(2, test_size=3000, random_state=0)

# %%
# Fit each model on two random samples of every size. The bands show the standard deviation.

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
axes.set(xscale="log", xlabel="training images", ylabel="accuracy on held-out images")
axes.legend(frameon=False)
axes.grid(alpha=0.3)

# %%
# Ten times as many images eliminate more than half of the errors. Convolutions already take into
# account that neighboring pixels belong together, so they need only a fraction of the images. The
# later principal components have a small variance, and networks need more steps than in this
# example to learn from them.
