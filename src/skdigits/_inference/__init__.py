"""Prediction: a network's configuration and weights to outputs, in NumPy and SciPy."""
