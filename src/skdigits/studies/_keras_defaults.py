"""What a published network means where it says nothing: the defaults of Keras."""

# Parameters for skdigits' classifiers, whose own defaults are others.
KERAS_DEFAULTS = {
    "dropout": 0.0,
    "learning_rate": None,
    "learning_rate_schedule": "constant",
    "batch_size": 32,
    "standardize": False,
    "restore_best_weights": False,
}
