"""
From scikeras to skdigits, step by step
=======================================

Migrate code that wraps a Keras network with scikeras in three steps
(``pip install "skdigits[scikeras]"``). The code runs after each of them.
"""

# %%
# The original code has a function that builds the network, and wraps it in ``KerasClassifier``.

import time

import keras
from scikeras.wrappers import KerasClassifier

from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y = X[:10_000] / 255, y[:10_000]
X_test = X_test / 255


def build_network(units):
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


training = {"optimizer": "adam", "batch_size": 128, "epochs": 5, "random_state": 0}
scikeras = {"loss": "sparse_categorical_crossentropy", "verbose": 0}
start = KerasClassifier(build_network, model__units=128, **scikeras, **training)

# %%
# **Step 1**: build the network with ``skdigits.networks`` and keep everything else.

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
# **Step 2**: use the estimator of skdigits with the settings of Keras: a constant learning rate, no
# dropout or label smoothing, unscaled input. The training parameters keep their names.

from skdigits import DenseDigitClassifier

ours = DenseDigitClassifier(
    128,
    dropout=0.0,
    label_smoothing=0.0,
    learning_rate_schedule="constant",
    standardize=False,
    **training,
)

# %%
# **Step 3**: use the defaults of skdigits. The classifier standardizes its input, so there is no
# need to divide the pixels by 255. The learning rate rises and falls over the epochs.

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
# To go back to Keras, convert a fitted classifier to a Keras model.

import numpy as np

network = ours.to_keras()
probabilities = network.predict(X_test[:100].astype("float32"), verbose=0)
print(np.abs(probabilities - ours.predict_proba(X_test[:100])).max())

# %%
# All parameters whose names change are listed in :doc:`/coming-from`.
