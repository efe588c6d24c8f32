"""Prediction with NumPy and SciPy, from the configuration and the weights of a network."""
