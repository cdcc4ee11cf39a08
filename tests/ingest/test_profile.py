"""What a profile takes from the statistics in a file is what the values in the file say."""

import duckdb
import pytest

from mltui.ingest.profile import profile_of

COLUMNS = [
    "i - 7", "(i % 100 - 50)::TINYINT", "18446744073709551615::UBIGINT - i::UBIGINT", "i % 2 = 0",
    "CASE WHEN i > 4500 THEN i END", "NULL::BIGINT", "NULL::VARCHAR",
    "i / 4", "CASE WHEN i = 4000 THEN 'nan'::DOUBLE ELSE -i END", "CASE WHEN i % 3 = 0 THEN 'nan'::FLOAT ELSE i END",
    "CASE WHEN i = 9 THEN '-inf'::DOUBLE ELSE i END", "CASE WHEN i = 9 THEN '-0.0'::DOUBLE ELSE 0::DOUBLE END",
    "(i % 90 / 10 - 3)::DECIMAL(4, 2)", "(i / 100 - 3)::DECIMAL(10, 2)",
    "(i - 5)::DECIMAL(38, 0) * 1000000000000000000",
    "date '1970-01-05' - i::INTEGER", "time '10:00:00.5' + to_seconds(i)", "make_timestamp_ns(1700000000000000001 - i)",
    "timestamp '2026-01-01 00:00:00.123456' - to_days(i::INTEGER)",
    "timestamptz '2026-01-01 00:00:00+05' + to_hours(i)",
    "md5(i::VARCHAR)::UUID", "'text ' || i", "'é😀' || chr(0) || i", "repeat('z', 300) || i",
    "repeat('z', 20000) || i % 10",
    "CASE WHEN i = 4000 THEN repeat(chr(1114111), 5000) ELSE '' END",
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("rows", [5000, 0])
def test_statistics_say_what_the_values_say(tmp_path, column, rows):
    file = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"COPY (SELECT {column} AS v FROM range({rows}) made(i)) TO '{file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
        taken = profile_of(connection, file)
        # All is read.
        connection.execute("PRAGMA disable_optimizer")
        read = profile_of(connection, file)
    assert taken == read
    assert (taken.profile.columns[0].min is None) == (rows == 0 or column.startswith("NULL"))


def test_columns_of_one_type_do_not_change_places(tmp_path):
    file = tmp_path / "a.parquet"
    made = "SELECT 1 AS a, 'x' AS b, 2 AS c, [1] AS d, NULL::VARCHAR AS e, 3.5::DOUBLE AS f, 'y' AS g FROM range(2)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({made}) TO '{file}' (FORMAT parquet)")
        columns = profile_of(connection, file).profile.columns
    assert [(one.name, one.nulls, one.min, one.max) for one in columns] == [
        ("a", 0, 1, 1), ("b", 0, "x", "x"), ("c", 0, 2, 2), ("d", 0, None, None), ("e", 2, None, None),
        ("f", 0, 3.5, 3.5), ("g", 0, "y", "y"),
    ]  # fmt: skip
