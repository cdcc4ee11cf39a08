"""A run's stages with fixed contents."""

from datetime import UTC, datetime, timedelta

from mltui.wire.pipelines import StageType
from mltui.wire.runs import StageRunRow
from mltui.wire.states import Status

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = BEGIN + timedelta(seconds=90)


def make_stage(
    name: str,
    order: int,
    after: tuple[str, ...] = (),
    status: Status = Status.COMPLETED,
    begin: float | None = None,
    end: float | None = None,
    attempt: int = 1,
    attempts: int = 1,
) -> StageRunRow:
    return StageRunRow(
        id=f"stage-{name}",
        run_id="run-1",
        stage_id=f"s-{name}",
        name=name,
        stage_type=StageType.CUSTOM,
        custom_name=None,
        order=order,
        dependencies=list(after),
        status=status,
        attempt_number=attempt,
        max_attempts=attempts,
        next_attempt_at=None,
        started_at=None if begin is None else BEGIN + timedelta(seconds=begin),
        completed_at=None if end is None else BEGIN + timedelta(seconds=end),
        execution_time=None if begin is None else (90 if end is None else end) - begin,
        memory_usage=None,
        cpu_usage=None,
        output_data={},
        output_path=None,
        error_message=None,
        reused_from=None,
        logs=None,
        execution_id=None,
        created_at=BEGIN,
        updated_at=BEGIN,
    )


def demo_stages() -> list[StageRunRow]:
    return [
        make_stage("ingest", 0, begin=0, end=4.2),
        make_stage("validate", 1, ("ingest",), begin=4.2, end=5.1),
        make_stage("split", 2, ("validate",), begin=5.1, end=5.9),
        make_stage("train-logistic", 3, ("split",), begin=6, end=48.5, attempt=2, attempts=3),
        make_stage("train-forest", 4, ("split",), Status.RUNNING, begin=6),
        make_stage("profile-data", 5, ("ingest",), Status.FAILED, begin=4.5, end=31, attempt=2, attempts=2),
        make_stage("evaluate", 6, ("train-logistic", "train-forest"), Status.PENDING, attempt=0),
        make_stage("publish", 7, ("evaluate", "profile-data"), Status.SKIPPED, attempt=0),
    ]
