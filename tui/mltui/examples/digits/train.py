"""Trains one algorithm, a mini-batch a step, and logs every step.

`python train.py linear` is a linear classifier by stochastic gradient descent, its learning rate decaying;
`python train.py network` is a network with one hidden layer, by Adam.
"""

import math
import sys
import time
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
from dataset import load
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
from stage import OUTPUT, PARAMETERS

import mltui

CLASSES = np.arange(10)
ADAM_SHARE = 0.02
"""Adam wants a smaller rate than plain descent."""
REPORT_EVERY = 50
BAR_WIDTH = 30


class Linear:
    """Logistic regression, one digit against the rest."""

    def __init__(self, rate: float, steps: int, seed: int) -> None:
        self.rate, self.steps = rate, steps
        self.model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=rate, random_state=seed)

    def step(self, number: int, images: np.ndarray, labels: np.ndarray) -> float:
        """Learn from one mini-batch. Returns the learning rate, which falls to a tenth along a cosine."""
        rate = self.rate * (0.1 + 0.45 * (1 + math.cos(math.pi * number / self.steps)))
        self.model.set_params(eta0=rate).partial_fit(images, labels, classes=CLASSES)
        return rate


class Network:
    """One hidden layer."""

    def __init__(self, rate: float, hidden: int, seed: int) -> None:
        self.rate = rate * ADAM_SHARE
        self.model = MLPClassifier((hidden,), learning_rate_init=self.rate, random_state=seed)

    def step(self, number: int, images: np.ndarray, labels: np.ndarray) -> float:
        self.model.partial_fit(images, labels, classes=CLASSES)
        return self.rate


def score(model: Any, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Cross-entropy and accuracy."""
    likelihood = model.predict_proba(images)
    of_truth = likelihood[np.arange(len(labels)), labels]
    return float(-np.log(of_truth.clip(1e-9)).mean()), float((likelihood.argmax(axis=1) == labels).mean())


def batches(images: np.ndarray, labels: np.ndarray, size: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Mini-batches for ever, shuffled anew each time round."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(len(labels))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield images[rows], labels[rows]


def progress(name: str, number: int, steps: int, loss: float, accuracy: float) -> None:
    """A line now and then for the linear model, a bar that redraws itself for the network."""
    done = number + 1
    if name == "network":
        bar = "█" * (BAR_WIDTH * done // steps)
        end = "\n" if done == steps else ""
        print(f"\r{bar:<{BAR_WIDTH}} {done}/{steps}  loss {loss:.3f}", end=end, file=sys.stderr, flush=True)
    elif done % REPORT_EVERY == 0 or done == steps:
        print(f"step {done:>5}  val/loss {loss:.4f}  val/accuracy {accuracy:.1%}", flush=True)


def main() -> None:
    name = sys.argv[1]
    steps, seed, rate = int(PARAMETERS["steps"]), int(PARAMETERS["seed"]), float(PARAMETERS["learning_rate"])
    learner = Linear(rate, steps, seed) if name == "linear" else Network(rate, int(PARAMETERS["hidden"]), seed)
    training, validation = load("training"), load("validation")
    size = min(int(PARAMETERS["batch_size"]), len(training[1]))
    pause_s = float(PARAMETERS["pace_ms"]) / 1000
    print(f"{learner.__doc__} {len(training[1]):,} images, {steps} steps of {size}", flush=True)

    with mltui.start_run(f"train-{name}") as run:
        for number, (images, labels) in zip(range(steps), batches(*training, size, seed), strict=False):
            lr = learner.step(number, images, labels)
            loss, accuracy = score(learner.model, images, labels)
            val_loss, val_accuracy = score(learner.model, *validation)
            values = {"loss": loss, "accuracy": accuracy, "val/loss": val_loss, "val/accuracy": val_accuracy, "lr": lr}
            run.log({f"{name}/{key}": value for key, value in values.items()}, step=number)
            progress(name, number, steps, val_loss, val_accuracy)
            time.sleep(pause_s)

    joblib.dump(learner.model, OUTPUT / "model.joblib")
    print(f"wrote model.joblib, {(OUTPUT / 'model.joblib').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
