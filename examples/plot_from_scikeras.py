"""
From scikeras to skdigits, step by step
=======================================

Code that wraps a Keras network by scikeras moves in three steps, each of which runs
(``pip install "skdigits[scikeras]"``).
"""

# %%
# Where it starts: a function that builds the network, and ``KerasClassifier`` around it.

import time

import keras
from scikeras.wrappers import KerasClassifier

from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y = X[:10_000] / 255, y[:10_000]
X_test = X_test / 255


def by_hand(units):
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


training = {"optimizer": "adam", "batch_size": 128, "epochs": 5, "random_state": 0}
scikeras = {"loss": "sparse_categorical_crossentropy", "verbose": 0}
start = KerasClassifier(by_hand, model__units=128, **scikeras, **training)

# %%
# Step 1: the network by ``skdigits.networks``, everything else as it was.

from skdigits.networks import dense_network

builder = KerasClassifier(
    dense_network,
    model__n_features=784,
    model__n_classes=10,
    model__hidden_layer_sizes=(128,),
    **scikeras,
    **training,
)

# %%
# Step 2: the estimator by skdigits, with Keras' way to train: a constant learning rate, no
# dropout, input as it is. The words of training stay the same.

from skdigits import DenseDigitClassifier

ours = DenseDigitClassifier(
    128, dropout=0.0, learning_rate_schedule="constant", standardize=False, **training
)

# %%
# Step 3: our defaults for the rest. The network standardizes its input itself, so that pixels need
# not be divided by 255, and the learning rate rises and falls over the epochs.

defaults = DenseDigitClassifier(128, epochs=5, random_state=0)

for name, model in {
    "scikeras": start,
    "step 1": builder,
    "step 2": ours,
    "step 3": defaults,
}.items():
    begin = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - begin
    print(f"{name}: {seconds:.1f} s, accuracy {model.score(X_test, y_test):.4f}")

# %%
# And back: a fitted classifier becomes a live Keras model whenever Keras is needed.

import numpy as np

network = ours.to_keras()
probabilities = network.predict(X_test[:100].astype("float32"), verbose=0)
print(np.abs(probabilities - ours.predict_proba(X_test[:100])).max())

# %%
# What changes its name is in a table: :doc:`/coming-from`.
