"""
Serve a saved model
===================

Save a fitted model with joblib and load it in another program. That program needs skdigits
installed, but never imports TensorFlow.
"""

# %%
# Train and save a pipeline whose normalizer converts drawings and scans to MNIST's format.

import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
from sklearn.pipeline import make_pipeline

from skdigits import ConvDigitClassifier, DigitImageNormalizer
from skdigits.datasets import fetch_mnist

X, y = fetch_mnist(return_X_y=True)
classifier = ConvDigitClassifier((8, 16), hidden_layer_sizes=64, epochs=3, random_state=0)
classifier.fit(X[:20_000], y[:20_000])

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
joblib.dump(make_pipeline(DigitImageNormalizer(), classifier), folder / "reader.joblib", compress=3)
print(f"{(folder / 'reader.joblib').stat().st_size / 1e6:.2f} MB")

# %%
# Draw a seven with a thick blue pen.

from PIL import Image, ImageDraw

drawing = Image.new("RGB", (300, 400), "white")
ImageDraw.Draw(drawing).line([(80, 90), (220, 90), (130, 330)], fill="navy", width=14)
drawing.save(folder / "drawing.png")

# %%
# Load the model in another process and predict.

app = """
import sys
import time

import joblib

reader = joblib.load(sys.argv[1])
(probabilities,) = reader.predict_proba([sys.argv[2]])
start = time.perf_counter()
(digit,) = reader.predict([sys.argv[2]])
milliseconds = 1000 * (time.perf_counter() - start)
print(f"{digit} with {100 * probabilities[digit]:.1f}%, in {milliseconds:.1f} ms")
print("TensorFlow imported:", "tensorflow" in sys.modules)
"""
answer = subprocess.run(
    [sys.executable, "-c", app, folder / "reader.joblib", folder / "drawing.png"],
    capture_output=True,
    text=True,
    check=True,
)
print(answer.stdout)

# %%
# Plot the drawing, and the same drawing in MNIST's format, which is what the network sees.

import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(5, 2.8), layout="constrained")
left.imshow(drawing)
right.imshow(DigitImageNormalizer().fit_transform([drawing])[0].reshape(28, 28), cmap="gray_r")
for ax in (left, right):
    ax.set(xticks=[], yticks=[])
