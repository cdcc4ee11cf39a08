"""docker-compose.yml, checked without an engine: by the Compose Specification's schema, and by what we promise.

`compose-spec.json` is the schema of github.com/compose-spec/compose-spec (Apache License 2.0), at 170098b.
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mltui.__main__ import parser_for

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
ONCE = {name for name, service in SERVICES.items() if service["restart"] == "no"}
VARIABLE = re.compile(r"\$\{(\w+)")


def test_it_is_what_the_specification_says():
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_the_schema_would_see_a_mistake():
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    wrong = {**COMPOSE, "services": {"server": {"imagine": "x"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagine"):
        jsonschema.Draft7Validator(schema).validate(wrong)


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_every_lasting_service_is_checked_and_restarted(name: str):
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str):
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.match(r"\d+\.\d+", tag), f"{name}: {SERVICES[name]['image']} moves under our feet"


def test_databases_are_the_promised_ones():
    assert int(SERVICES["postgres"]["image"].partition(":")[2].split(".")[0]) >= 17
    assert SERVICES["influxdb"]["image"] == "influxdb:2.7"


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), f"{name} publishes {port} to the network"


def test_volumes_are_named_and_declared():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_server_waits_for_a_healthy_postgres_and_its_schema():
    waits = SERVICES["server"]["depends_on"]
    assert waits["postgres"]["condition"] == "service_healthy"
    assert waits["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_every_variable_has_an_example():
    example = (ROOT / ".env.example").read_text()
    given = {line.partition("=")[0] for line in example.splitlines() if line and not line.startswith("#")}
    assert set(VARIABLE.findall(TEXT)) == given


def test_secrets_have_no_default():
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN)\w*)([^}]*)\}", TEXT)
    assert secrets
    for name, rest in secrets:
        assert rest.startswith(":?"), f"{name} must stop the start when it is missing"
    assert ".env\n" in (ROOT / ".gitignore").read_text()


@pytest.mark.parametrize("name", ["server", "migrate"])
def test_commands_are_ones_that_the_command_line_knows(name: str):
    """Parsed by the real parser: an option that is renamed cannot go unnoticed."""
    command = SERVICES[name]["command"]
    assert parser_for(command).parse_args(command)
