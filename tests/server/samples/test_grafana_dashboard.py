"""The Grafana dashboard: its panels ask the documented questions, and a real InfluxDB answers what Grafana would send.

Grafana itself is not here.
"""

import json
import re
from itertools import combinations
from typing import Any

import pytest
from analyst_questions import DOCS, ask, questions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from mltui_server.samples.influx.access import Access

DASHBOARD = json.loads((DOCS / "grafana" / "mltui.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = [variable for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"]
QUESTIONS = {question.number: question for question in questions()}

OPEN = {
    r"\s+": " ",
    r"\( ": "(",
    r"time >= now\(\) - \w+ AND time <= now\(\)": "$timeFilter",
    r"time\(\d+m\)": "time($__interval)",
    r""""metric" = '.+?'""": "\"metric\" = ''",
    r"""(top|bottom)\("(\w+)", \d+\)""": r'\1("\2")',
    # Which runs and nodes, a panel's variables say.
    r""""(run|node)" (=~ /.*?/|= '.*?') AND """: "",
}
"""What a panel and its question need not have in common."""
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])


def essence(query: str) -> str:
    for pattern, instead in OPEN.items():
        query = re.sub(pattern, instead, query.strip())
    return query


def resolved(query: str, values: dict[str, list[str]]) -> str:
    """As Grafana sends it, over a week."""
    query = query.replace("$timeFilter", "time >= now() - 7d AND time <= now()").replace("$__interval", "1m")
    for name, chosen in values.items():
        query = query.replace(f"${{{name}:regex}}", f"({'|'.join(chosen)})")
        query = query.replace(f"'${name}'", f"'{chosen[0]}'")
    assert "$" not in query.replace("$/", ""), query
    return query


@pytest.fixture(scope="module")
def values(seeded: Access) -> dict[str, list[str]]:
    """What the variables offer; later ones may ask with the earlier."""
    found: dict[str, list[str]] = {}
    for variable in VARIABLES:
        found[variable["name"]] = [row["value"] for row in ask(seeded, resolved(variable["query"], found))]
    return found


def test_it_is_a_dashboard_as_grafana_models_it():
    assert missing(DASHBOARD, json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))) == []


def missing(ours: Any, known: Any, path: str = "$") -> list[str]:
    """Where `known` lacks what is in ours, or has it otherwise."""
    if isinstance(ours, dict) and isinstance(known, dict):
        return [
            lost for key, value in ours.items() for lost in missing(value, known.get(key, "nothing"), f"{path}.{key}")
        ]
    if isinstance(ours, list) and isinstance(known, list) and len(ours) == len(known):
        return [lost for i, value in enumerate(ours) for lost in missing(value, known[i], f"{path}[{i}]")]
    return [] if ours == known else [path]


def test_panels_have_places_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert all(0 <= place["x"] and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = [
            low[side] + low[size] <= high[side]
            for side, size in (("x", "w"), ("y", "h"))
            for low, high in ((one, other), (other, one))
        ]
        assert any(apart), (one, other)


def test_the_data_source_is_a_variable():
    [source] = [variable for variable in DASHBOARD["templating"]["list"] if variable["type"] == "datasource"]
    used = [panel["datasource"] for panel in PANELS] + [variable["datasource"] for variable in VARIABLES]
    used += [target["datasource"] for panel in PANELS for target in panel["targets"]]
    assert {(one["type"], one["uid"]) for one in used} == {(source["query"], f"${{{source['name']}}}")}


def test_variables_offer_what_is_there(values: dict[str, list[str]]):
    assert {name: len(found) for name, found in values.items() if name == "run"} == {"run": 4}
    assert {name: found for name, found in values.items() if name != "run"} == {
        "metric": ["loss", "val_loss"],
        "node": ["node-1", "node-2", "node-3"],
        "gauge": ["queue_depth"],
        "histogram": ["request_latency"],
    }


@each_panel
def test_a_panel_asks_a_documented_question(panel: dict):
    [target] = panel["targets"]
    number, title = re.fullmatch(r"Question (\d+) of docs/influxdb.md: (.+)", panel["description"]).groups()
    question = QUESTIONS[int(number)]
    assert (title, essence(target["query"])) == (question.title, essence(question.influxql))


@each_panel
@pytest.mark.parametrize("chosen", ["each", "all"])
def test_influxdb_answers_a_panel(panel: dict, chosen: str, seeded: Access, values: dict[str, list[str]]):
    [target] = panel["targets"]
    everything = {one["name"]: [one["allValue"]] for one in VARIABLES if one["includeAll"]}
    rows = ask(seeded, resolved(target["query"], values | everything if chosen == "all" else values))
    assert rows
    named = re.findall(r"\$tag_(\w+)", target.get("alias", ""))
    assert all(row[tag] for row in rows for tag in named)
