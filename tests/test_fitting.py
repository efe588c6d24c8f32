"""A fit changes all of the learned state of an estimator at once, or nothing."""

import os
import pickle
import threading

import numpy as np
import pytest
from keras_loop import replay_early_stopping
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

import skdigits
from skdigits import DenseDigitClassifier, ReducedDigitClassifier, clear_network_pool
from skdigits._estimators.fitting import initialize
from skdigits._estimators.progress import Progress
from skdigits._training import network_pool, trainer


@pytest.mark.parametrize("kind", ["small", "small_conv", "reduced"])
def test_predict_during_a_refit_uses_the_old_or_the_new_model(kind, digits, small, small_conv):
    """Fit two data sets with different labels in turn, while another thread predicts."""
    X, X_test, y, _ = digits
    make = {
        "small": small,
        "small_conv": small_conv,
        "reduced": lambda: ReducedDigitClassifier(PCA(10, random_state=0), small()),
    }[kind]
    sets = (X, y), (X + np.float32(5), y + 100)
    expected = [make().fit(*data).predict(X_test).tolist() for data in sets]
    assert not set(expected[0]) & set(expected[1])
    classifier = make().fit(*sets[0])
    stop = threading.Event()
    seen, errors = [], []

    def predict():
        while not stop.is_set():
            try:
                seen.append(classifier.predict(X_test).tolist())
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=predict)
    thread.start()
    for number in range(1, 7):
        classifier.fit(*sets[number % 2])
    stop.set()
    thread.join()
    assert not errors
    assert seen
    assert all(labels in expected for labels in seen)


def test_a_prediction_never_sees_half_of_a_refit(digits, small, monkeypatch):
    """A prediction that began before the refit ends with the model that it began with."""
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    expected = classifier.predict(X_test)
    outputs = skdigits._estimators.base.layer_outputs

    def refit_first(*arguments, **options):
        monkeypatch.undo()
        classifier.fit(X[:, :10], y + 100)
        return outputs(*arguments, **options)

    monkeypatch.setattr(skdigits._estimators.base, "layer_outputs", refit_first)
    np.testing.assert_array_equal(classifier.predict(X_test), expected)
    assert classifier.n_features_in_ == 10


def test_failed_first_fit_leaves_the_estimator_unfitted(digits, small):
    X, X_test, y, _ = digits
    classifier = small(standardize=False, learning_rate=1e20)
    before = dict(vars(classifier))
    with pytest.raises(ValueError, match="diverged"):
        classifier.fit(X * np.float32(1e30), y)
    assert vars(classifier) == before
    with pytest.raises(NotFittedError):
        classifier.predict(X_test)


@pytest.mark.parametrize("l2", [0.0, 1e-4])
@pytest.mark.parametrize("standardize", [False, True])
def test_advice_after_divergence_names_what_was_set(standardize, l2, digits, small, monkeypatch):
    X, _, y, _ = digits
    diverge_in_epoch(monkeypatch, 1)
    classifier = small(learning_rate_schedule="constant", standardize=standardize, l2=l2)
    with pytest.raises(ValueError, match="diverged") as raised:
        classifier.fit(X, y)
    advice = str(raised.value)
    assert "a learning_rate lower than 0.01" in advice
    assert ("an l2 lower than 0.0001" in advice) == (l2 > 0)
    assert ("standardize=True" in advice) == (not standardize)


def interrupt_in_epoch(monkeypatch, number):
    """Press Ctrl-C at the beginning of an epoch, counted from 1."""
    begin = Progress.begin_epoch
    started = []

    def begin_or_interrupt(progress):
        started.append(progress)
        if len(started) == number:
            raise KeyboardInterrupt
        begin(progress)

    monkeypatch.setattr(Progress, "begin_epoch", begin_or_interrupt)


def test_every_random_state_has_its_own_seed():
    estimator = DenseDigitClassifier([])
    seeds = set()
    for random_state in range(500):
        initialize(estimator.set_params(random_state=random_state), 4, np.arange(3))
        seeds.add(estimator._seed)
    assert len(seeds) == 500


def test_interruption_keeps_completed_epochs(digits, small, monkeypatch):
    X, X_test, y, _ = digits
    constant = {"learning_rate_schedule": "constant", "dropout": 0.2}
    expected = small(epochs=2, **constant).fit(X, y)
    interrupt_in_epoch(monkeypatch, 3)
    classifier = small(epochs=50, **constant)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y)
    assert classifier.n_iter_ == 2
    assert classifier.history_ == expected.history_
    np.testing.assert_array_equal(classifier.predict_proba(X_test), expected.predict_proba(X_test))
    monkeypatch.undo()
    np.testing.assert_array_equal(  # it may be trained further
        classifier.partial_fit(X, y).coefs_[0], expected.partial_fit(X, y).coefs_[0]
    )


def test_interruption_before_the_first_epoch_changes_nothing(digits, small, monkeypatch):
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    before, expected = dict(vars(classifier)), classifier.predict(X_test)
    interrupt_in_epoch(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X[:, :10], y)
    assert vars(classifier) == before
    np.testing.assert_array_equal(classifier.predict(X_test), expected)


def test_interrupted_early_stopping_ends_with_the_best_epoch(digits, small, monkeypatch):
    X, X_val, y, y_val = digits
    parameters = {
        "epochs": 50,
        "learning_rate": 0.1,
        "learning_rate_schedule": "constant",
        "early_stopping": True,
    }
    classifier = small(**parameters, patience=50)
    end = Progress.end_epoch

    def interrupt_after_a_worse_epoch(progress, state, number, n_epochs):
        losses = state.history["val_loss"]
        if losses[-1] > min(losses):
            raise KeyboardInterrupt
        return end(progress, state, number, n_epochs)

    monkeypatch.setattr(Progress, "end_epoch", interrupt_after_a_worse_epoch)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y, X_val=X_val, y_val=y_val)
    losses = classifier.history_["val_loss"]
    assert classifier.n_iter_ == len(losses)
    assert classifier.best_epoch_ == np.argmin(losses) + 1 < classifier.n_iter_
    accuracy = classifier.history_["val_accuracy"][classifier.best_epoch_ - 1]
    assert classifier.score(X_val, y_val) == pytest.approx(accuracy)


def test_interrupted_reduced_classifier_keeps_completed_epochs(digits, small, monkeypatch):
    X, X_test, y, _ = digits
    constant = {"learning_rate_schedule": "constant"}
    expected = ReducedDigitClassifier(PCA(10, random_state=0), small(epochs=1, **constant))
    expected.fit(X, y)
    interrupt_in_epoch(monkeypatch, 2)
    reduced = ReducedDigitClassifier(PCA(10, random_state=0), small(epochs=5, **constant))
    with pytest.raises(KeyboardInterrupt):
        reduced.fit(X, y)
    assert reduced.n_iter_ == 1
    np.testing.assert_array_equal(reduced.predict_proba(X_test), expected.predict_proba(X_test))


def diverge_in_epoch(monkeypatch, number):
    """Make the loss of an epoch, counted from 1, NaN."""
    run_epoch = trainer.run_epoch

    def run_or_diverge(network, config, state, *arguments):
        if state.n_epochs + 1 == number:
            run = network.run_epoch
            monkeypatch.setattr(network, "run_epoch", lambda *given: (np.nan, run(*given)[1]))
        return run_epoch(network, config, state, *arguments)

    monkeypatch.setattr(trainer, "run_epoch", run_or_diverge)


def test_divergence_keeps_the_best_epoch_of_early_stopping(digits, small, monkeypatch):
    X, X_val, y, y_val = digits
    parameters = {"learning_rate_schedule": "constant", "early_stopping": True}
    expected = small(epochs=3, **parameters).fit(X, y, X_val=X_val, y_val=y_val)
    diverge_in_epoch(monkeypatch, 4)
    classifier = small(epochs=9, **parameters)
    message = r"diverged: the loss was nan in epoch 4; .*keeping the weights of the best epoch, 3"
    with pytest.warns(UserWarning, match=message) as caught:
        classifier.fit(X, y, X_val=X_val, y_val=y_val)
    assert caught[0].filename == __file__
    assert classifier.history_ == expected.history_
    np.testing.assert_array_equal(classifier.coefs_[0], expected.coefs_[0])


def test_divergence_without_early_stopping_is_an_error(digits, small, monkeypatch):
    X, X_val, y, y_val = digits
    diverge_in_epoch(monkeypatch, 2)
    for parameters in ({}, {"early_stopping": True, "restore_best_weights": False}):
        classifier = small(epochs=3, learning_rate_schedule="constant", **parameters)
        with pytest.raises(ValueError, match="training diverged: the loss was nan in epoch 2"):
            classifier.fit(X, y, X_val=X_val, y_val=y_val)
        assert not hasattr(classifier, "classes_")


@pytest.mark.parametrize("tol", [0.0, 0.05])
def test_tol_is_min_delta_of_keras(tol, digits, small):
    X, X_val, y, y_val = digits
    classifier = small(
        epochs=60,
        learning_rate_schedule="constant",
        early_stopping=True,
        patience=2,
        tol=tol,
    ).fit(X, y, X_val=X_val, y_val=y_val)
    callback = replay_early_stopping(classifier.history_["val_loss"], patience=2, min_delta=tol)
    assert classifier.best_epoch_ == callback.best_epoch + 1


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_early_stopping_warns_of_schedules_that_pay_off_at_their_end(schedule, digits, small):
    X, _, y, _ = digits
    classifier = small(early_stopping=True, learning_rate_schedule=schedule)
    with pytest.warns(
        UserWarning, match=f"early_stopping=True.*'{schedule}'.*'constant'"
    ) as caught:
        classifier.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_failed_networks_do_not_return_to_the_pool(digits, small, monkeypatch):
    X, _, y, _ = digits
    monkeypatch.setattr(network_pool, "_idle_networks", [])
    small(()).fit(X, y)
    assert len(network_pool._idle_networks) == 1
    with pytest.raises(ValueError, match="diverged"):
        small((), standardize=False, learning_rate=1e20).fit(X * np.float32(1e30), y)
    assert not network_pool._idle_networks


def test_clear_network_pool(digits, small, monkeypatch):
    X, X_test, y, _ = digits
    monkeypatch.setattr(network_pool, "_idle_networks", [])
    classifier = small(()).fit(X, y)
    expected = classifier.predict_proba(X_test)
    clear_network_pool()
    assert not network_pool._idle_networks
    np.testing.assert_array_equal(classifier.predict_proba(X_test), expected)
    np.testing.assert_array_equal(classifier.fit(X, y).predict_proba(X_test), expected)


def test_numpy_scalars_are_accepted(digits, small):
    X, _, y, _ = digits
    expected = small().fit(X, y)
    for batch_size, epochs in ((np.int64(64), np.uint8(2)), (np.int32(64), np.int8(2))):
        classifier = small(
            batch_size=batch_size,
            epochs=epochs,
            learning_rate=np.float64(0.01),
            dropout=np.float32(0),
        ).fit(X, y)
        np.testing.assert_array_equal(classifier.coefs_[0], expected.coefs_[0])


def test_attributes_of_mlp_classifier(digits, small):
    X, _, y, _ = digits
    classifier = small((8, 4)).fit(X, y)
    assert classifier.loss_curve_ == classifier.history_["loss"]
    assert (classifier.n_layers_, classifier.out_activation_) == (4, "softmax")


def test_pickles_name_public_classes(digits, small, tiny_conv):
    X, _, y, _ = digits
    estimators = [
        small(),
        tiny_conv(),
        ReducedDigitClassifier(PCA(5), small()),
        skdigits.DigitImageNormalizer(),
    ]
    for estimator in estimators:
        saved = pickle.dumps(estimator.fit(X, y))
        name = type(estimator).__name__
        assert f"skdigits\x94\x8c{chr(len(name))}{name}".encode("latin1") in saved
        assert b"skdigits._" not in saved


def test_a_fork_after_training_cannot_train(digits, small, monkeypatch):
    """It would hang: TensorFlow's threads do not survive a fork."""
    X, X_test, y, _ = digits
    classifier = small().fit(X, y)
    expected = classifier.predict(X_test)
    forked = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: forked)
    np.testing.assert_array_equal(classifier.predict(X_test), expected)
    with pytest.raises(RuntimeError, match=r"forked after its parent trained.*loky"):
        classifier.fit(X, y)


def test_interrupted_ensemble_stays_as_it_was(digits, small, monkeypatch):
    """Its network has completed epochs, but the ensemble is not fitted."""
    X, X_test, y, _ = digits
    reduced = ReducedDigitClassifier(PCA(10), VotingClassifier([("one", small())])).fit(X, y)
    before, expected = dict(vars(reduced)), reduced.predict(X_test)
    interrupt_in_epoch(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        reduced.fit(X, y)
    assert vars(reduced) == before
    np.testing.assert_array_equal(reduced.predict(X_test), expected)


def test_parameters_set_during_a_fit_are_kept(digits, small, monkeypatch):
    X, _, y, _ = digits
    classifier = small()
    begin = Progress.begin_epoch

    def set_params_and_begin(progress):
        classifier.set_params(l2=0.5)
        begin(progress)

    monkeypatch.setattr(Progress, "begin_epoch", set_params_and_begin)
    assert classifier.fit(X, y).l2 == 0.5


def test_warnings_point_at_the_user_inside_a_search(digits, small):
    X, _, y, _ = digits
    with pytest.warns(UserWarning, match="early_stopping=True may end") as caught:
        cross_val_score(small(early_stopping=True), X, y, cv=2)
    assert {warning.filename for warning in caught} == {__file__}
    code = "classifier.fit(X, y)"  # as notebooks and sandboxes run it, without a __name__
    with pytest.warns(UserWarning, match="early_stopping=True may end") as caught:
        exec(code, {"classifier": small(early_stopping=True), "X": X, "y": y})
    assert caught[0].filename == "<string>"


def test_huge_number_of_epochs(digits, small, monkeypatch):
    X, _, y, _ = digits
    for schedule in ("one_cycle", "cosine", "constant"):
        classifier = small(epochs=10**30, learning_rate_schedule=schedule)
        with monkeypatch.context() as patch:
            interrupt_in_epoch(patch, 2)
            with pytest.raises(KeyboardInterrupt):
                classifier.fit(X, y)
        assert classifier.n_iter_ == 1


class Checkpoints:
    """A callback that keeps the fitted estimator of every epoch, and counts tasks."""

    def __init__(self):
        self.estimators = []
        self.n_begun = self.n_ended = 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.n_begun += 1

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.n_ended += 1
        if context.task_name == "epoch":
            self.estimators.append(fitted_estimator)


def test_estimators_of_callbacks_can_be_trained_further(digits, small):
    X, X_test, y, _ = digits
    checkpoints = Checkpoints()
    classifier = small(epochs=2, learning_rate_schedule="constant", optimizer="adam")
    classifier.set_callbacks(checkpoints).fit(X, y)
    first = checkpoints.estimators[0].set_callbacks()
    assert first.n_iter_ == 1
    first.partial_fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X_test), classifier.predict_proba(X_test))


def test_callbacks_see_the_end_of_every_task(digits, small, monkeypatch):
    X, X_val, y, y_val = digits
    diverge_in_epoch(monkeypatch, 3)
    checkpoints = Checkpoints()
    classifier = small(epochs=9, learning_rate_schedule="constant", early_stopping=True)
    with pytest.warns(UserWarning, match="diverged"):
        classifier.set_callbacks(checkpoints).fit(X, y, X_val=X_val, y_val=y_val)
    assert checkpoints.n_begun == checkpoints.n_ended == 4  # the fit, and three epochs


def test_partial_fit_takes_the_mean_gradient_of_equal_samples(digits, small):
    X, _, y, _ = digits
    parameters = {"optimizer": "sgd", "learning_rate": 0.1, "standardize": False}
    one, many = (
        small((), **parameters).partial_fit(
            np.repeat(X[:1], n_copies, 0), np.repeat(y[:1], n_copies), classes=range(10)
        )
        for n_copies in (1, 20)
    )
    np.testing.assert_allclose(many.coefs_[0], one.coefs_[0], atol=1e-6)
