"""Made-up models in a console's server, with all they came from, whose times never change."""

import json
from datetime import timedelta

import psycopg
from console_server import NOW, insert, run_id

SHA = "{:064x}"
COMMITS = {2: "5d41402abc4b2a76b9719d911017c592ae3f0a51", 3: "7d793037a0760186574b0282f2f435e7cc10ab22"}


def add_models(dsn: str) -> None:
    """digits with three versions, of runs that read one dataset, and fraud, which came from elsewhere."""
    with psycopg.connect(dsn) as connection:
        add_file(connection, 5000, 12, "digits.parquet", "DATASET", 800_000)
        begun = NOW - timedelta(days=1)
        insert(connection, "dataset", id=run_id(5100), artifact_id=run_id(5000), name="digits", format="parquet",
               row_count=1797, column_count=65, created_by="ada", created_at=begun, updated_at=begun)  # fmt: skip
        insert(connection, "ingestion_job", id=run_id(5200), name="daily digits", uri="https://data.example/digits.csv.gz",
               status="completed", runner="agent", run_id=run_id(12), dataset_id=run_id(5100), created_by="ada",
               created_at=begun, updated_at=begun)  # fmt: skip
        add_model(connection, 6000, "digits", "Reads handwritten digits", approval=True)
        add_model(connection, 7000, "fraud", "Flags card fraud", approval=False)
        for version in (1, 2, 3):
            number = 3 - version
            insert(connection, "run_input", run_id=run_id(number), dataset_id=run_id(5100))
            add_file(connection, 5000 + version, number, "network.pt", "MODEL", 1_300_000)
            add_version(
                connection, 6000, version, run_id=run_id(number), artifact_id=run_id(5000 + version),
                algorithm="cnn", framework="pytorch", model_format="torch", model_type="classifier",
                training_dataset_id=run_id(5100), stage={1: "Archived", 2: "Production"}.get(version, "None"),
                training_config=json.dumps({"lr": 0.1 / version, "optimizer": "adam", "epochs": 40}),
                metrics=json.dumps({"accuracy": 0.95 + version / 100, "loss": 0.3 / version if version > 1 else "NaN"}),
                tags=json.dumps({"team": "vision"}), description="Trained on the whole set." if version == 3 else "",
            )  # fmt: skip
        for version in (2, 3):
            insert(connection, "run_code", run_id=run_id(3 - version), scope="train", captured_at=NOW,
                   said=json.dumps(_code(version)))  # fmt: skip
        add_version(connection, 7000, 1, uri="s3://models/fraud.joblib", framework="scikit-learn")
        insert(connection, "model_alias", model_id=run_id(6000), alias="champion", version_id=run_id(6102))
        insert(connection, "model_approval", id=run_id(6200), model_id=run_id(6000), alias="champion", version=3,
               version_id=run_id(6103), before="2", after="3", status="pending", requested_by="grace",
               reason="better on fresh data", created_at=NOW, updated_at=NOW)  # fmt: skip


def add_file(connection: psycopg.Connection, id_: int, run: int, name: str, type_: str, size: int) -> None:
    at = NOW - timedelta(hours=id_ - 4990)
    insert(connection, "artifact", id=run_id(id_), run_id=run_id(run), name=name, artifact_type=type_, status="ready",
           file_path=f"objects/{id_}", file_size=size, sha256=SHA.format(id_), media_type="application/octet-stream",
           storage_type="LOCAL", storage_config="{}", created_by="ada", created_at=at, updated_at=at)  # fmt: skip


def _code(version: int) -> dict[str, object]:
    return {
        "commit": COMMITS[version], "branch": "main", "dirty": version == 3,
        "diff": "--- a/train.py\n+++ b/train.py\n-lr = 0.05\n+lr = 0.033\n" if version == 3 else "",
        "command": ["python", "train.py"], "directory": "/home/ada/digits", "host": "ada-laptop",
        "python": "CPython 3.12.1", "os": "Linux-6.18-x86_64", "environment": {"CUDA_VISIBLE_DEVICES": "0"},
        "packages": {"numpy": "2.4.6", "torch": f"2.{version + 6}.0"},
    }  # fmt: skip


def add_model(connection: psycopg.Connection, id_: int, name: str, description: str, *, approval: bool) -> None:
    at = NOW - timedelta(hours=2)
    insert(connection, "registered_model", id=run_id(id_), name=name, description=description, approval=approval,
           created_by="ada", version_counter=3, created_at=at, updated_at=at)  # fmt: skip


def add_version(connection: psycopg.Connection, model: int, version: int, **more: object) -> None:
    at = NOW - timedelta(hours=5 - version)
    insert(connection, "model_version", id=run_id(model + 100 + version), model_id=run_id(model), version=version,
           status="ready", created_by="ada", created_at=at, updated_at=at, **more)  # fmt: skip
