"""Training: TensorFlow and Keras are imported only here and in skdigits.networks."""
