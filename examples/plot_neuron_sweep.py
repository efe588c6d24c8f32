"""
Tune the number of hidden units
===============================

How many units should a hidden layer have? A published search found 700 in 105 minutes. The command
``skdigits reproduce neuron-sweep`` repeats it in about five; this example runs a small part of it.
"""

# %%
# Use ``GridSearchCV`` as with any estimator. Its ``fit`` passes the validation images on to every
# network for early stopping. In each worker, all folds of a network share one compiled loop.

from sklearn.model_selection import GridSearchCV

from skdigits import DenseDigitClassifier
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
X, y = X[:15_000] / 255, y[:15_000]
X, y, X_val, y_val = X[5000:], y[5000:], X[:5000], y[:5000]

search = GridSearchCV(
    DenseDigitClassifier(
        optimizer="rmsprop",
        learning_rate_schedule="constant",
        dropout=0.0,
        label_smoothing=0.0,
        standardize=False,
        batch_size=32,
        epochs=10,
        early_stopping=True,
        patience=2,
        random_state=0,
    ),
    {"hidden_layer_sizes": [10, 25, 50, 100, 200, 400]},
    cv=3,
    n_jobs=2,
)
search.fit(X, y, X_val=X_val, y_val=y_val)
print(search.best_params_, f"{search.best_score_:.4f}")

# %%
# The score rises quickly at first. Beyond about 100 units, the differences are smaller than the
# spread over the folds, and the best width is due to chance, while the fit time keeps rising. The
# time for the first width includes importing TensorFlow in both workers.

from skdigits.displays import SweepDisplay

SweepDisplay.from_estimator(search)

# %%
# The best network is refitted on all training images. Displays accept the search itself.

from skdigits.displays import TrainingHistoryDisplay

TrainingHistoryDisplay.from_estimator(search)
print(f"refitted in {search.best_estimator_.fit_time_:.1f} s")

# %%
# For a search over two parameters, the display draws one line for each value of the second one.

grid = {"hidden_layer_sizes": [25, 100, 400], "learning_rate": [0.0003, 0.001, 0.003]}
both = GridSearchCV(search.estimator, grid, cv=2, n_jobs=2)
both.fit(X[:5000], y[:5000], X_val=X_val[:2000], y_val=y_val[:2000])
SweepDisplay.from_estimator(both)
