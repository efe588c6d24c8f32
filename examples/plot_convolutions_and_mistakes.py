"""
Mistakes of convolutional networks
==================================

Train a small convolutional network, look at its mistakes, and try augmentation.
"""

# %%
# Every method accepts ``X`` as rows of pixels or as images.

from skdigits import ConvDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y = X[:20_000].reshape(-1, 28, 28), y[:20_000]

plain = ConvDigitClassifier(
    (8, 16), hidden_layer_sizes=64, epochs=4, augmentation=None, random_state=0
).fit(X, y)
print(plain.summary())

# %%
# The display shows the most confident mistakes. Humans would misread some of these digits too.

from skdigits.displays import MistakesDisplay

print(f"test accuracy {plain.score(X_test, y_test):.4f}")
MistakesDisplay.from_estimator(plain, X_test, y_test)

# %%
# By default, the following display shows the two digits that the network confuses most.

from skdigits.displays import ConfusedDigitsDisplay

ConfusedDigitsDisplay.from_estimator(plain, X_test, y_test)

# %%
# By default, the classifier distorts every image at random in each epoch. This makes
# the training images harder to fit, but it pays off with more epochs or fewer images than here.

augmented = ConvDigitClassifier((8, 16), hidden_layer_sizes=64, epochs=4, random_state=0).fit(X, y)
for name, network in (("plain", plain), ("augmented", augmented)):
    print(
        f"{name}: {network.history_['accuracy'][-1]:.4f} while training, "
        f"{network.score(X_test, y_test):.4f} on the test images, {network.fit_time_:.0f} s"
    )

# %%
# Plot the outputs of the filters of the first layer for one digit, after pooling and activation.

import matplotlib.pyplot as plt

images = plain.activations(X[:1], layer=0)[0]
figure, axes = plt.subplots(2, 4, figsize=(7, 3.6), layout="constrained")
for filter_, ax in enumerate(axes.flat):
    ax.imshow(images[..., filter_], cmap="magma")
    ax.set(xticks=[], yticks=[], title=f"filter {filter_}")
