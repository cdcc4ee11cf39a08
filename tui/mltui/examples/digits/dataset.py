"""Reads a split back as arrays."""

import numpy as np
import pyarrow.parquet as pq
from stage import output_of

PIXEL_MAX = 16


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images of `training`, `validation` or `test`, scaled to 0 to 1, of shape (rows, 64), and their labels."""
    table = pq.read_table(output_of("split") / f"{name}.parquet")
    labels = table["label"].to_numpy()
    columns = [table[column].to_numpy() for column in table.column_names if column != "label"]
    return np.stack(columns, axis=1) / PIXEL_MAX, labels
