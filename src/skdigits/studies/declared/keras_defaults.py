"""Training parameters of the published networks, unless a study states otherwise."""

# Keras' defaults, which differ from those of skdigits' classifiers.
KERAS_DEFAULTS = {
    "dropout": 0.0,
    "learning_rate": None,
    "learning_rate_schedule": "constant",
    "batch_size": 32,
    "label_smoothing": 0.0,
    "standardize": False,
    "restore_best_weights": False,
}
