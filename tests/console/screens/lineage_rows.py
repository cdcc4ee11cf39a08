"""Made-up lineage with long names, whose times never change: a folder of checkpoints, and a run that was deleted."""

from datetime import timedelta

import psycopg
from console_server import NOW, insert, run_id
from model_rows import add_file, add_model, add_version

FOLDER = "fraud-detection/experiments/2026-03-14/gradient-boosted-trees-with-calibrated-probabilities/checkpoints"
CHECKPOINTS = [f"{FOLDER}/epoch-{epoch:04}/weights.safetensors" for epoch in range(1, 5)]
TRAINER = "train-gradient-boosted-trees-with-calibrated-probabilities-eu-central-1-nightly"
IMPORT = "import-transactions-enriched-with-customer-attributes-eu-central-1-nightly"
DATASET = "transactions-enriched-with-customer-attributes-eu-central-1.parquet"
JOB = "nightly transactions enriched with customer attributes, region eu-central-1, for fraud detection"
URI = "s3://company-data-lake-production/warehouse/exports/daily/2026/03/14/transactions-enriched.parquet"
MODEL = "fraud-gradient-boosted-trees-with-calibrated-probabilities"


def add_long_lineage(dsn: str) -> None:
    """URI, JOB, IMPORT (deleted), DATASET, TRAINER, CHECKPOINTS of which one was deleted, and a version of MODEL."""
    at = NOW - timedelta(hours=3)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE run SET name = %s WHERE id = %s", [TRAINER, run_id(0)])
        # By the server's clock: it forgets what was deleted a day ago.
        connection.execute("UPDATE run SET name = %s, deleted_at = now() WHERE id = %s", [IMPORT, run_id(1)])
        add_file(connection, 5000, 1, DATASET, "DATASET", 800_000)
        insert(connection, "dataset", id=run_id(5100), artifact_id=run_id(5000), name=DATASET, format="parquet",
               row_count=1_250_000, column_count=65, created_by="ada", created_at=at, updated_at=at)  # fmt: skip
        insert(connection, "ingestion_job", id=run_id(5200), name=JOB, uri=URI, status="completed", runner="agent",
               run_id=run_id(1), dataset_id=run_id(5100), created_by="ada", created_at=at, updated_at=at)  # fmt: skip
        insert(connection, "run_input", run_id=run_id(0), dataset_id=run_id(5100))
        for number, name in enumerate(CHECKPOINTS, 5001):
            add_file(connection, number, 0, name, "MODEL", 1_300_000)
        connection.execute("UPDATE artifact SET is_active = false WHERE id = %s", [run_id(5003)])
        add_model(connection, 6000, MODEL, "Flags card fraud", approval=False)
        add_version(connection, 6000, 1, run_id=run_id(0), artifact_id=run_id(5003))
