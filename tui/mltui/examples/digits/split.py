"""Splits the images into training, validation and test sets, each with the same share of every digit."""

import numpy as np
import pyarrow.parquet as pq
from sklearn.model_selection import train_test_split
from stage import CONFIG, OUTPUT, PARAMETERS, output_of


def main() -> None:
    table = pq.read_table(output_of("ingest") / "digits.parquet")
    labels = table["label"].to_numpy()
    seed = int(PARAMETERS["seed"])
    held_out = CONFIG["validation"] + CONFIG["test"]
    training, rest = train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=seed)
    validation, test = train_test_split(
        rest, test_size=CONFIG["test"] / held_out, stratify=labels[rest], random_state=seed
    )
    for name, rows in {"training": training, "validation": validation, "test": test}.items():
        pq.write_table(table.take(rows), OUTPUT / f"{name}.parquet")
        print(f"{name:<11}{len(rows):>6,} images")


if __name__ == "__main__":
    main()
