"""Write the saved models that every later version of skdigits must load with equal predictions.

Run ``python tests/data/make.py`` to add files of the installed version; never change old ones.
"""

from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import skdigits
from skdigits import ConvDigitClassifier, DenseDigitClassifier, ReducedDigitClassifier

FOLDER = Path(__file__).parent / skdigits.__version__

X, y = load_digits(return_X_y=True)
common = {"epochs": 10, "batch_size": 32, "learning_rate": 0.01, "random_state": 0}
models = {
    "dense": DenseDigitClassifier(8, **common),
    "conv": ConvDigitClassifier((2, 3), hidden_layer_sizes=(), batch_normalization=True, **common),
    "reduced": ReducedDigitClassifier(PCA(8), DenseDigitClassifier(8, **common), random_state=0),
    "pipeline": make_pipeline(PCA(8, random_state=0), DenseDigitClassifier(8, **common)),
}
FOLDER.mkdir()
for name, model in models.items():
    model.fit(X, y)
    joblib.dump(model, FOLDER / f"{name}.joblib", compress=9)
    np.save(FOLDER / f"{name}.npy", model.predict_proba(X[:20]))
    print(name, model.score(X, y), (FOLDER / f"{name}.joblib").stat().st_size)
