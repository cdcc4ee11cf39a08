"""Looks at the features one by one. Needs no labels, so it completes whatever happens to the training."""

import os
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    features = np.load(Path(os.environ["MLTUI_RUN_DIR"]) / "prepare" / "features.npy")
    print(f"{'feature':>7}{'min':>9}{'median':>9}{'max':>9}")
    for number, column in enumerate(features.T):
        print(f"{number:>7}{column.min():>9.2f}{np.median(column):>9.2f}{column.max():>9.2f}")
    outliers = int((np.abs(features) > 3).sum())
    print(f"warning: {outliers} values lie more than three deviations from the mean", file=sys.stderr)


if __name__ == "__main__":
    main()
