"""Dense networks: from softmax regression to deep chains."""

from numbers import Integral, Real

from skdigits._compat import Interval, StrOptions
from skdigits._estimators.base import BaseDigitClassifier
from skdigits._estimators.validation import check_positive_ints
from skdigits._inference.forward import ACTIVATIONS


class DenseDigitClassifier(BaseDigitClassifier):
    """Dense neural network that classifies digits.

    The classifier trains with Keras' optimizers in one compiled loop and predicts in NumPy, without
    TensorFlow. The defaults were chosen on a validation split of MNIST; see ``docs/defaults.md``.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(512, 512)
        Units of each hidden layer. An int means one layer, and ``()`` softmax regression.
    activation : str, default="relu"
        Activation of the hidden layers: "elu", "gelu", "leaky_relu", "linear", "mish", "relu",
        "selu", "sigmoid", "silu", "softplus", "softsign" or "tanh", as Keras defines them.
    dropout : float, default=0.3
        Fraction of units to drop after every hidden layer during training, in [0, 1).
    optimizer : str, dict or keras.optimizers.Optimizer, default="adam"
        A Keras optimizer. A name ("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw",
        "ftrl", "lion", "muon", "nadam", "rmsprop", "schedulefreeadamw" or "sgd") selects the
        optimizer with Keras' default settings. For other settings, such as momentum, weight decay
        or gradient clipping, pass an instance, ``keras.optimizers.SGD(momentum=0.9)``, or its
        configuration, ``{"class_name": "SGD", "config": {"momentum": 0.9}}``. Cloned and saved
        classifiers contain the configuration.
    learning_rate : float, default=None
        None uses the rate of the optimizer: that of an instance or a configuration, or Keras'
        default for a name, which is 0.01 for "sgd", 0.0025 for "schedulefreeadamw" and 0.001 for
        all others.
    learning_rate_schedule : str, default="one_cycle"
        "constant"; "exponential" (multiplied by ``decay_rate ** (step / decay_steps)``); "cosine"
        (down to 0 over all epochs, [1]_); or "one_cycle" (linearly up from 1/25 of `learning_rate`,
        then down to 0 like a cosine, [2]_). "cosine" and "one_cycle" reach their lowest rate only
        after all `epochs`; with `early_stopping`, `fit` warns about this; use "constant" instead.
    decay_steps : float, default=10_000
        Number of steps (batches) over which the "exponential" schedule decays by `decay_rate`.
    decay_rate : float, default=0.9
        Decay factor of the "exponential" schedule.
    warmup_fraction : float, default=0.25
        Fraction of all steps during which the "one_cycle" learning rate rises, in [0, 1).
    batch_size : int, default=None
        Samples per step. The last batch of an epoch may be smaller. None means 32 for up to 2,000
        training samples, 64 for up to 20,000 and 128 for more. If there are at most `batch_size`
        training samples, or 1,000 with None, they are sorted, and equal samples are merged, so that
        their order does not matter.
    epochs : int, default=None
        Number of epochs, or their maximum number with `early_stopping`. None means
        ``400 / n_samples ** (1 / 3)``, rounded.
    l2 : float, default=0.0
        Strength of the L2 penalty on the kernels, ``l2 / 2 * sum(kernel ** 2) / batch_size``, like
        ``alpha`` of MLPClassifier. ``history_`` contains the loss without the penalty.
    label_smoothing : float, default=None
        Fraction of each label to spread evenly over all classes, in [0, 1) ([3]_). None means
        0.05 for up to 20,000 training samples, then ``1000 / n_samples``. ``history_`` contains the
        loss without smoothing.
    standardize : bool, default=True
        Whether to train on ``(X - mean) / std`` with the (weighted) mean and standard deviation of
        all training values taken together, so that results do not depend on the scale of X. False
        trains on X unchanged.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for `patience` epochs. The
        validation samples are ``X_val, y_val`` of `fit`, or else a stratified part of the training
        samples.
    validation_fraction : float, default=0.1
        Fraction of the training samples that `early_stopping` holds out unless `fit` is passed
        `X_val`, in (0, 1).
    patience : int, default=3
        Number of epochs to wait for an improvement of the validation loss.
    tol : float, default=0.0
        A decrease of the validation loss counts as an improvement only if it exceeds this.
    restore_best_weights : bool, default=True
        Whether `early_stopping` restores the weights of the best epoch, the last one that improved
        the validation loss. False keeps those of the last epoch.
    class_weight : dict or "balanced", default=None
        Weight of each class, multiplied by ``sample_weight``; 1 for classes that are not in the
        dict. "balanced" gives all classes the same total weight.
    warm_start : bool, default=False
        Whether `fit` resumes from the current weights, optimizer state and scaling.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the samples, dropout and the validation split.
        The same int gives the same network in any process or thread and for any `n_jobs`, on the
        same kind of machine with the same number of TensorFlow threads.
    verbose : bool or int, default=False
        Whether to print a line after every epoch. For a progress bar, call
        ``set_callbacks(ProgressBar())``; see `ProgressBar`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.
    fit_time_ : float
        Seconds that the last `fit` or `partial_fit` took, including checks and compiling.
    epoch_times_ : list of float
        Seconds of each epoch, including validation; `partial_fit` and ``warm_start`` append to it.
    n_iter_ : int
        Number of epochs in `history_`, over all calls.
    best_epoch_ : int
        Epoch, counted from 1 over all of `history_`, in which the validation loss of the last fit
        improved by more than `tol` for the last time; without validation, the last epoch.
    batch_size_, epochs_, label_smoothing_ : int, int, float
        Values that the last fit used for these parameters; `epochs_` is 1 after `partial_fit`.
    history_ : dict of lists
        "loss" and "accuracy" of each epoch, measured during training; "val_loss" and
        "val_accuracy" after the epoch, if there were validation samples; and "learning_rate" of
        its last step.
    loss_curve_ : list of float
        Training losses, ``history_["loss"]``, under the name that MLPClassifier gives them.
    n_parameters_ : int
        Number of trainable weights.
    n_layers_ : int
        Number of layers that have weights, plus one for the input, as in MLPClassifier.
    out_activation_ : str
        "softmax".
    coefs_ : list of ndarray of shape (n_inputs, n_units)
        Kernels of each layer, float32.
    intercepts_ : list of ndarray of shape (n_units,)
        Biases of each layer, float32.
    network_config_ : dict
        The network as plain data, for `skdigits.networks.build_network`.

    References
    ----------
    .. [1] Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.
    .. [2] Smith: A disciplined approach to neural network hyper-parameters. arXiv:1803.09820.
    .. [3] Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture for
       computer vision. CVPR 2016.

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
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
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
        warmup_fraction=0.25,
        batch_size=None,
        epochs=None,
        l2=0.0,
        label_smoothing=None,
        standardize=True,
        early_stopping=False,
        validation_fraction=0.1,
        patience=3,
        tol=0.0,
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
        self.warmup_fraction = warmup_fraction
        self.batch_size = batch_size
        self.epochs = epochs
        self.l2 = l2
        self.label_smoothing = label_smoothing
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.tol = tol
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _network_config(self, n_features, n_classes):
        from skdigits.networks import dense_config  # imports Keras

        return dense_config(
            n_features,
            n_classes,
            hidden_layer_sizes=check_positive_ints("hidden_layer_sizes", self.hidden_layer_sizes),
            activation=self.activation,
            dropout=self.dropout,
        )
