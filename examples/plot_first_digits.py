"""
First digits
============

Train a dense network on MNIST and look at its results.
"""

# %%
# MNIST consists of 60,000 training and 10,000 test images of 28 x 28 grayscale pixels, stored as
# rows of 784 numbers from 0 to 255. The first call downloads it; later calls read it from a cache.

from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
print(X.shape, X.dtype, y[:10])

# %%
# Train two hidden layers of 128 units for five epochs. The pixels need no scaling, since the
# classifier standardizes its input. After each epoch, the network is evaluated on the
# validation samples.

from skdigits import DenseDigitClassifier

classifier = DenseDigitClassifier((128, 128), epochs=5, random_state=0)
classifier.fit(X[5000:], y[5000:], X_val=X[:5000], y_val=y[:5000])
print(f"test accuracy {classifier.score(X_test, y_test):.4f}, fit in {classifier.fit_time_:.1f} s")

# %%
# List the layers. In a notebook, the fitted classifier also displays them as a diagram.

print(classifier.summary())

# %%
# ``history_`` contains the loss and accuracy of each epoch. Dropout disables some of the units
# during training, which is why the network does better on the validation images.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(classifier)

# %%
# Which digits are confused? scikit-learn's own display shows the counts. There, the many correct
# predictions hide the errors, so the second display shows only the errors.

from sklearn.metrics import ConfusionMatrixDisplay

from skdigits.displays import ConfusionErrorDisplay

ConfusionMatrixDisplay.from_estimator(classifier, X_test, y_test, cmap="cividis", colorbar=False)
ConfusionErrorDisplay.from_estimator(classifier, X_test, y_test)
