"""Which topics there are."""

from uuid import UUID

from mltui_server.live.changes import EVENT_TOPICS, LOG, POINTS, RUN, SERIES


class TopicError(ValueError):
    """There is no such topic; the message says which there are."""


def check_topic(name: str) -> str:
    """The name of a topic that exists. Raises TopicError."""
    kind, colon, key = name.partition(":")
    if name in EVENT_TOPICS or (kind + colon in (RUN, LOG, SERIES, POINTS) and _is_id(key)):
        return name
    raise TopicError(
        f"no topic {name[:100]!r}; the topics are runs, pipelines, models, jobs, events, run:ID, series:ID (of a run), "
        "log:ID (of an execution) and points:ID (of a metric), with ids as the API writes them"
    )


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
