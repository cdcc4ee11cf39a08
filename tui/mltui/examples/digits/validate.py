"""Refuses data that training should not see: wrong columns, gaps, values out of range, classes missing."""

import sys
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from stage import CONFIG, output_of

GREEN, RED, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
PIXELS = [f"pixel_{i:02}" for i in range(64)]

Check = tuple[str, str]
"""What was checked, and what is wrong: empty when it is fine."""


def checks(table: pa.Table) -> Iterator[Check]:
    missing = [name for name in [*PIXELS, "label"] if name not in table.column_names]
    yield "columns", f"missing: {', '.join(missing)}" if missing else ""
    if missing:
        return
    rows_min = CONFIG["rows_min"]
    yield f"at least {rows_min:,} rows", "" if table.num_rows >= rows_min else f"only {table.num_rows:,}"
    gaps = {name: table[name].null_count for name in table.column_names if table[name].null_count}
    yield "no gaps", "; ".join(f"{count} in {name}" for name, count in gaps.items())
    low, high = CONFIG["pixel_min"], CONFIG["pixel_max"]
    yield f"pixels within {low} to {high}", "; ".join(out_of_range(table, low, high))
    classes = len(pc.unique(table["label"]))
    yield f"{CONFIG['classes']} classes", "" if classes == CONFIG["classes"] else f"{classes} found"


def out_of_range(table: pa.Table, low: float, high: float) -> Iterator[str]:
    for name in PIXELS:
        limits = pc.min_max(table[name]).as_py()
        if limits["min"] < low or limits["max"] > high:
            yield f"{name} goes from {limits['min']:g} to {limits['max']:g}"


def main() -> None:
    table = pq.read_table(output_of("ingest") / "digits.parquet")
    results = list(checks(table))
    for what, wrong in results:
        mark = f"{RED}✗{PLAIN}" if wrong else f"{GREEN}✓{PLAIN}"
        print(f"{mark} {what}" + (f": {wrong}" if wrong else ""))
    if failed := [what for what, wrong in results if wrong]:
        sys.exit(f"{len(failed)} of {len(results)} checks failed: {', '.join(failed)}")
    print(f"{table.num_rows:,} rows are fit for training")


if __name__ == "__main__":
    main()
