"""Makes a small regression problem that scikit-learn carries ready for training."""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes


def main() -> None:
    patients = load_diabetes(scaled=False)
    features = (patients.data - patients.data.mean(axis=0)) / patients.data.std(axis=0)
    np.save(Path(os.environ["MLTUI_OUTPUT_DIR"]) / "features.npy", features)
    print(f"{features.shape[0]} patients, {features.shape[1]} features, scaled to mean 0 and deviation 1")


if __name__ == "__main__":
    main()
