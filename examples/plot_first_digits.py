"""
First digits
============

A dense network is an estimator like any other: ``fit``, ``predict``, ``score``.
"""

# %%
# MNIST is 60,000 training and 10,000 test images of 28 x 28 grey pixels, as rows of 784 numbers
# from 0 to 255. The first call fetches it, later ones read it from a cache.

from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
print(X.shape, X.dtype, y[:10])

# %%
# Two hidden layers of 128 units, five epochs. The pixels need no scaling: the network standardizes
# its input by one mean and one standard deviation. Given validation samples, it tells after each
# epoch how it does on them.

from skdigits import DenseDigitClassifier

classifier = DenseDigitClassifier((128, 128), epochs=5, random_state=0)
classifier.fit(X[5000:], y[5000:], X_val=X[:5000], y_val=y[:5000])
print(f"test accuracy {classifier.score(X_test, y_test):.4f}, fit in {classifier.fit_time_:.1f} s")

# %%
# What was fitted, layer by layer. In a notebook, the classifier itself shows it as a diagram.

classifier.summary()

# %%
# Loss and accuracy of each epoch are in ``history_``; a display draws them. While training, dropout
# switches off some of the units, which is why the network does better on validation images.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(classifier)

# %%
# Which digits are taken for which others? Counts are a matter of scikit-learn's own display; beside
# them errors can hardly be seen, so that a second one leaves out what is right.

from sklearn.metrics import ConfusionMatrixDisplay

from skdigits.displays import ConfusionErrorDisplay

ConfusionMatrixDisplay.from_estimator(classifier, X_test, y_test, cmap="cividis", colorbar=False)
ConfusionErrorDisplay.from_estimator(classifier, X_test, y_test)
