"""Brings the raw images in as one Parquet file: a column per pixel, and the label."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits
from stage import OUTPUT, PARAMETERS


def spoil(pixels: np.ndarray, rows: int) -> None:
    """Damage the first `rows` images the way broken sources do: a gap in some, a value out of range in the others."""
    pixels[:rows:2, 10] = math.nan
    pixels[1:rows:2, 20] = 255


def main() -> None:
    digits = load_digits()
    pixels = digits.data.copy()
    print(f"read {len(pixels):,} images of {digits.images.shape[1]}x{digits.images.shape[2]} pixels")
    if corrupt := int(PARAMETERS["corrupt"]):
        spoil(pixels, corrupt)
        print(f"spoiled {corrupt} rows, as the parameter `corrupt` asks")
    # from_pandas: NaN means "no value" here, and Parquet has a word for that.
    columns = {f"pixel_{i:02}": pa.array(column, from_pandas=True) for i, column in enumerate(pixels.T)}
    table = pa.table({**columns, "label": pa.array(digits.target, pa.int8())})
    path = OUTPUT / "digits.parquet"
    pq.write_table(table, path, compression="zstd")
    print(f"wrote {path.name}: {table.num_rows:,} rows, {table.num_columns} columns, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
