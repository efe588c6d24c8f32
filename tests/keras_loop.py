"""Training in plain Keras, and classifiers that it reproduces."""

import keras
import numpy as np
import tensorflow as tf

from skdigits import DenseDigitClassifier
from skdigits._training.dataset import shuffled
from skdigits._training.trainer import initial_weights
from skdigits.networks import build_network


def plain(optimizer="adam", *, hidden_layer_sizes=16, **parameters):
    """A classifier that a plain Keras loop can reproduce: no scaling, constant default rate."""
    defaults = {
        "learning_rate_schedule": "constant",
        "dropout": 0.0,
        "label_smoothing": 0.0,
        "standardize": False,
        "batch_size": 64,
        "epochs": 2,
        "random_state": 0,
    }
    return DenseDigitClassifier(hidden_layer_sizes, optimizer=optimizer, **(defaults | parameters))


def keras_fit(classifier, X, y, *, optimizer=None, weight=None, rates=None, l2=0.0):
    """Weights and losses of a plain GradientTape loop over the same batches as `classifier`."""
    seed = classifier._seed
    network = build_network(classifier.network_config_)
    network.set_weights(initial_weights(classifier.network_config_, seed))
    optimizer = keras.optimizers.get(optimizer or classifier.optimizer)
    weight = np.ones(len(y), np.float32) if weight is None else weight
    losses, step = [], 0
    for epoch in range(classifier.epochs):
        order = shuffled(np.arange(len(y)), seed, epoch)
        total = 0.0
        for start in range(0, len(y), classifier.batch_size):
            rows = order[start : start + classifier.batch_size]
            if rates is not None:
                optimizer.learning_rate = rates[step]
            with tf.GradientTape() as tape:
                probabilities = network(X[rows], training=True)
                labels = tf.one_hot(y[rows], probabilities.shape[1])
                each, smoothed = (
                    keras.losses.categorical_crossentropy(
                        labels, probabilities, label_smoothing=label_smoothing
                    )
                    for label_smoothing in (0.0, classifier.label_smoothing)
                )
                kernels = [one for one in network.trainable_variables if one.name == "kernel"]
                penalty = l2 / 2 * sum(tf.reduce_sum(kernel**2) for kernel in kernels)
                loss = (tf.reduce_sum(smoothed * weight[rows]) + penalty) / len(rows)
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply(gradients, network.trainable_variables)
            total += float(tf.reduce_sum(each * weight[rows]))
            step += 1
        losses.append(total / weight.sum())
    return network.get_weights(), losses


def assert_same_weights(classifier, weights, *, atol=1e-5, rtol=1e-4):
    for ours, theirs in zip(classifier._weights, weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=atol, rtol=rtol)


def replay_early_stopping(losses, **options):
    """Pass validation losses to Keras' EarlyStopping, which has to stop after the last one."""
    callback = keras.callbacks.EarlyStopping(**options)
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.stop_training = False
    callback.set_model(network)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        assert not network.stop_training
        callback.on_epoch_end(epoch, {"val_loss": loss})
    assert network.stop_training
    return callback
