"""Dense networks: from softmax regression to deep chains."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.fitting import positive, positive_ints
from skdigits._inference.forward import ACTIVATIONS


class DenseDigitClassifier(BaseDigitClassifier):
    """Classifier of digits by a dense neural network.

    It is trained by Keras' optimizers in one compiled loop and predicts in NumPy, without
    TensorFlow. The defaults come from experiments on a validation split of MNIST; they are told
    in ``docs/defaults.md``.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(512, 512)
        Units of each hidden layer. An int is one layer, ``()`` is softmax regression.
    activation : str, default="relu"
        Activation of the hidden layers: "elu", "gelu", "leaky_relu", "linear", "mish", "relu",
        "selu", "sigmoid", "silu", "softplus", "softsign" or "tanh", as Keras defines them.
    dropout : float, default=0.3
        Fraction of the units that is dropped behind every hidden layer while training, in [0, 1).
    optimizer : str, default="adam"
        A Keras optimizer with Keras' own settings: "adadelta", "adafactor", "adagrad", "adam",
        "adamax", "adamw", "ftrl", "lion", "muon", "nadam", "rmsprop", "schedulefreeadamw" or
        "sgd".
    learning_rate : float, default=None
        None is Keras' default for the optimizer: 0.001, but 0.01 for "sgd" and 0.0025 for
        "schedulefreeadamw".
    learning_rate_schedule : str, default="one_cycle"
        "constant"; "exponential" (times ``decay_rate ** (step / decay_steps)``); "cosine" (down
        to 0 over all epochs, [1]_); or "one_cycle" (linearly up from a 25th of `learning_rate`,
        then like a cosine down to 0, [2]_).
    decay_steps : float, default=10_000
        Steps in which the "exponential" schedule decays by `decay_rate`. A step is a batch.
    decay_rate : float, default=0.9
        Of the "exponential" schedule.
    warmup : float, default=0.25
        Fraction of all steps in which the "one_cycle" schedule rises, in [0, 1).
    batch_size : int, default=128
        Samples a step. The last batch of an epoch may be smaller.
    epochs : int, default=10
        Times that all samples are seen, at most if `early_stopping`.
    standardize : bool, default=True
        Let the network see ``(X - mean) / std`` with the (weighted) mean and standard deviation
        of all training values, one number each, so that results do not depend on the unit of X.
        False trains on X as it is.
    early_stopping : bool, default=False
        Stop when the loss on validation samples has not fallen for `patience` epochs. They are
        the ``X_val, y_val`` given to `fit` or else a stratified part of the training samples.
    validation_fraction : float, default=0.1
        Part of the training samples that is held out then, in (0, 1).
    patience : int, default=3
        Epochs to wait for a lower validation loss. Schedules that end ("cosine", "one_cycle") are
        laid out for all `epochs` and are cut off by an early stop.
    restore_best_weights : bool, default=True
        Whether `early_stopping` ends with the weights of the epoch of lowest validation loss,
        and not with the last ones.
    class_weight : dict or "balanced", default=None
        Weight of each class, multiplied with ``sample_weight``; 1 for classes that a dict leaves
        out. "balanced" gives all classes the same total weight.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights, optimizer state and scaling.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, of the order of the samples, of dropout and of the
        validation split. The same int gives the same network in any process, thread or `n_jobs`
        on the same kind of machine with the same number of TensorFlow threads.
    verbose : bool or int, default=False
        Whether to print a line after every epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had string column names.
    fit_time_ : float
        Seconds that the last `fit` or `partial_fit` took, checks and compiling included.
    epoch_times_ : list of float
        Seconds of each epoch that was trained, validation included; goes on with `partial_fit`
        and ``warm_start``.
    n_iter_ : int
        Number of these epochs.
    best_epoch_ : int
        The epoch (counted from 1) of lowest validation loss in the last fit; without validation
        the last one.
    history_ : dict of lists
        "loss" and "accuracy" of each epoch, measured while training, and "val_loss" and
        "val_accuracy" after it if there were validation samples.
    n_parameters_ : int
        Number of trained weights.
    coefs_ : list of ndarray of shape (n_inputs, n_units)
        Weights of each layer, float32.
    intercepts_ : list of ndarray of shape (n_units,)
        Biases of each layer, float32.
    network_config_ : dict
        The network as plain data, for `skdigits.networks.build_network`.

    References
    ----------
    .. [1] Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.
    .. [2] Smith: A disciplined approach to neural network hyper-parameters. arXiv:1803.09820.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skdigits import DenseDigitClassifier
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     *load_digits(return_X_y=True), random_state=0
    ... )
    >>> classifier = DenseDigitClassifier(128, epochs=50, random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    >>> classifier.n_parameters_
    9610
    """

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", positive(Integral)],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        **BaseDigitClassifier._parameter_constraints,
    }

    def __init__(
        self,
        hidden_layer_sizes=(512, 512),
        *,
        activation="relu",
        dropout=0.3,
        optimizer="adam",
        learning_rate=None,
        learning_rate_schedule="one_cycle",
        decay_steps=10_000,
        decay_rate=0.9,
        warmup=0.25,
        batch_size=128,
        epochs=10,
        standardize=True,
        early_stopping=False,
        validation_fraction=0.1,
        patience=3,
        restore_best_weights=True,
        class_weight=None,
        warm_start=False,
        random_state=None,
        verbose=False,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.warmup = warmup
        self.batch_size = batch_size
        self.epochs = epochs
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _network_config(self, n_features, n_classes):
        from skdigits.networks import dense_config  # Keras is imported by those who train

        return dense_config(
            n_features,
            n_classes,
            hidden_layer_sizes=positive_ints("hidden_layer_sizes", self.hidden_layer_sizes),
            activation=self.activation,
            dropout=self.dropout,
        )
