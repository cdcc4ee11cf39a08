"""Linear regression by gradient descent whose rate is too high: the loss grows to infinity, then to NaN."""

import json
import os
import time
from pathlib import Path

import numpy as np

import mltui

STEPS = 800
CHECK_EVERY = 50
"""Whether training still makes sense is only looked at now and then, so NaN gets into the charts."""


def main() -> None:
    parameters = json.loads(os.environ["MLTUI_PARAMS"])
    rate, pause_s = float(parameters["learning_rate"]), float(parameters["pace_ms"]) / 1000
    folder = Path(os.environ["MLTUI_RUN_DIR"])
    features = np.load(folder / "prepare" / "features.npy")
    labels = np.load(folder / "fetch-labels" / "labels.npy")
    weights = np.zeros(features.shape[1])
    np.seterr(all="ignore")
    with mltui.start_run("train") as run:
        for step in range(STEPS):
            error = features @ weights - labels
            weights -= rate * features.T @ error / len(labels)
            loss = float(np.square(error).mean())
            run.log({"loss": loss, "weights/norm": float(np.linalg.norm(weights))}, step=step)
            if step % CHECK_EVERY == CHECK_EVERY - 1:
                print(f"step {step + 1:>4}  loss {loss:.6g}", flush=True)
                check(weights, step)
            time.sleep(pause_s)


def check(weights: np.ndarray, step: int) -> None:
    if not np.isfinite(weights).all():
        raise FloatingPointError(f"the weights are no longer finite at step {step + 1}: lower learning_rate")


if __name__ == "__main__":
    main()
