"""scripts/seed_metrics tells the same story again, and a server believes it."""

import re
from pathlib import Path

import msgspec
import pytest
from point_calls import START, data, readable
from seeding.story import METRICS, Story

QUESTIONS = (Path(__file__).parents[3] / "docs" / "queries" / "operations.md").read_text()
EVERY, STEPS = 60, 300


def told(seed: int) -> dict[str, list]:
    story, points = Story(seed), {metric.name: [] for metric in METRICS}
    for step in range(STEPS):
        for name, found in story.step(START + step * EVERY, EVERY).items():
            points[name] += found
    return points


def test_the_same_seed_tells_the_same_story():
    assert told(7) == told(7)
    assert told(7) != told(8)


def test_the_documented_questions_are_about_these_metrics():
    asked = QUESTIONS.split("\n## 17.")[1]
    assert set(re.findall(r"metric = '(\w+)'", asked)) == {metric.name for metric in METRICS}
    introduced = re.findall(r"(gauge|histogram|enum) `(\w+)`", asked)
    assert sorted(introduced) == sorted((metric.type, metric.name) for metric in METRICS)


async def test_a_server_takes_it_in_and_shows_it(http):
    points = told(7)
    for metric in METRICS:
        answer = await http.post("/api/v1/metrics", content=msgspec.json.encode(metric))
        assert answer.status_code == 201, answer.text
        body = msgspec.json.encode({"points": points[metric.name]})
        answer = await http.post(f"/api/v1/metrics/{metric.name}/data/batch", content=body)
        assert answer.status_code == 202, answer.text
        await readable(http, metric.name, len(points[metric.name]))
    latency = await data(http, "request_latency", buckets=50)
    assert 0.01 < max(latency["total"]["quantiles"]["0.5"]) < 2
    assert len(latency["series"]) == 6
    states = await data(http, "deployment_state", buckets=50)
    assert {"healthy", "pending", "deploying"} <= set(states["states"])
    assert sum(states["series"][0]["shares"].values()) == pytest.approx(1)
    depth = await data(http, "queue_depth", buckets=50)
    assert [series["labels"]["queue"] for series in depth["series"]] == ["email", "ingest"]
