"""Artifacts of a run of one's own making: of each kind that is shown in a way of its own."""

import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import psycopg
from console_server import NOW, insert, run_id
from PIL import Image

from mltui_server.artifacts.kinds import guessed_type, media_type

CODE = b'''"""Trains a digit classifier."""

from sklearn.linear_model import SGDClassifier

RATE = 0.05  # of learning


def train(steps: int = 600) -> SGDClassifier:
    model = SGDClassifier(eta0=RATE)
    print(f"{steps} steps at {RATE}")
    return model
'''
MATRIX = [[50, 3, 1, 0], [4, 40, 6, 1], [0, 2, 61, 3], [1, 0, 9, 44]]


def picture() -> bytes:
    image = Image.new("RGB", (320, 200))
    image.putdata([(x * 255 // 320, y * 255 // 200, 120) for y in range(200) for x in range(320)])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def roc() -> dict[str, Any]:
    x = [step / 40 for step in range(41)]
    series = [{"name": name, "x": x, "y": [one**power for one in x]} for name, power in (("sgd", 0.6), ("mlp", 0.2))]
    return {"mltui": "plot", "x": "false positives", "y": "true positives", "series": series}


def gain() -> dict[str, Any]:
    labels = ["age", "income", "postcode", "months as a customer", "calls to the help desk"]
    forest, boosted = [0.4, 0.31, -0.12, 0.05, 0.001], [0.5, 0.2, 0.1, "NaN", 0]
    series = [{"name": "forest", "values": forest}, {"name": "boosted", "values": boosted}]
    return {"mltui": "bars", "labels": labels, "y": "importance", "series": series}


def contents() -> dict[str, bytes]:
    rows = "".join(f"{i:03},{'ab'[i % 2]},{math.sin(i):.4f}\n" for i in range(500))
    metrics = {"loss": math.nan, "val": {"accuracy": 0.93, "by_class": [0.9, 0.95]}, "model": "sgd"}
    return {
        "checkpoints/epoch-1.pt": bytes(100_000),
        "checkpoints/epoch-2.pt": bytes(200_000),
        "data/people.csv": f"id,group,score\n{rows}".encode(),
        "plots/confusion.json": json.dumps(
            {"mltui": "confusion_matrix", "labels": ["cat", "dog", "horse", "sheep"], "matrix": MATRIX}
        ).encode(),
        "plots/gain.json": json.dumps(gain()).encode(),
        "plots/gradient.png": picture(),
        "plots/roc.json": json.dumps(roc()).encode(),
        "metrics.json": json.dumps(metrics).encode(),
        "train.py": CODE,
    }


def add_artifacts(dsn: str, data: Path, number: int) -> None:
    """Without events, which would say when it was."""
    with psycopg.connect(dsn) as connection:
        for at, (name, content) in enumerate(contents().items()):
            sha256 = hashlib.sha256(content).hexdigest()
            file = data / "artifacts" / "objects" / sha256[:2] / sha256
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            insert(
                connection, "artifact", id=run_id(7000 + at), run_id=run_id(number), name=name, file_size=len(content),
                artifact_type=guessed_type(name).value, status="ready", file_path=f"objects/{sha256[:2]}/{sha256}",
                sha256=sha256, media_type=media_type(name), storage_type="LOCAL", storage_config="{}",
                created_by="ada", created_at=NOW, updated_at=NOW,
            )  # fmt: skip


def add_many(dsn: str, number: int, count: int) -> None:
    """So many files whose content is nowhere."""
    statement = """
        INSERT INTO artifact (id, run_id, name, file_size, artifact_type, status, file_path, sha256, media_type,
                              storage_type, storage_config, created_by)
        SELECT gen_random_uuid(), %s, 'f' || lpad(n::text, 5, '0'), n, 'OTHER', 'ready', '', '', '', 'LOCAL', '{}',
               'ada'
        FROM generate_series(1, %s) AS n"""
    with psycopg.connect(dsn) as connection:
        connection.execute(statement, [run_id(number), count])
