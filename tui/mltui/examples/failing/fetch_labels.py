"""Stands for a source that is down at the first try and there at the second, which is what retries are for."""

import os
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes


def main() -> None:
    output = Path(os.environ["MLTUI_OUTPUT_DIR"])
    tried = output / "tried"
    if not tried.exists():
        tried.touch()
        sys.exit("the label service answered 503 Service Unavailable; is somebody restarting it?")
    labels = load_diabetes().target
    np.save(output / "labels.npy", (labels - labels.mean()) / labels.std())
    print(f"fetched {len(labels)} labels at the second try")


if __name__ == "__main__":
    main()
