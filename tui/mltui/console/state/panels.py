"""Which series share a chart: a run's metrics by their last word, its resources by what they measure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mltui.wire.samples import RESOURCE_PREFIX

MOST_CHARTS = 12
RESOURCES = (
    ("process/cpu_percent", "CPU % of the processes"),
    ("process/memory_bytes", "Memory of the processes, MiB"),
    ("gpu/utilization_percent", "GPU %"),
    ("gpu/memory_bytes", "GPU memory, MiB"),
    ("gpu/power_watts", "GPU power, W"),
    ("gpu/temperature_celsius", "GPU temperature, °C"),
    ("process/read_bytes_per_s", "Read, MiB/s"),
    ("process/write_bytes_per_s", "Written, MiB/s"),
    ("process/threads", "Threads"),
    ("process/children", "Child processes"),
    ("host/cpu_percent", "CPU % of the host"),
    ("host/memory_percent", "Memory % of the host"),
    ("host/net_recv_bytes_per_s", "Network in, MiB/s"),
    ("host/net_sent_bytes_per_s", "Network out, MiB/s"),
)
"""Fields in the order in which they are shown. `gpu` stands for each of them."""

MIB = 2.0**20


@dataclass(frozen=True, slots=True)
class Group:
    """The series of one chart."""

    title: str
    keys: tuple[str, ...]
    """As the server has them."""
    names: tuple[str, ...]
    """As the legend has them, one for each key."""
    scale: float = 1.0
    """What values are divided by before they are drawn."""


def metric_groups(keys: Iterable[str]) -> list[Group]:
    """`train/loss` and `val/loss` share a chart; losses come first, then accuracies."""
    groups: dict[str, list[str]] = {}
    for key in keys:
        if not key.startswith(RESOURCE_PREFIX):
            groups.setdefault(key.rpartition("/")[2], []).append(key)
    order = sorted(groups, key=lambda word: (interest(word), word))
    return [_metric_group(word, sorted(groups[word])) for word in order[:MOST_CHARTS]]


def _metric_group(word: str, keys: list[str]) -> Group:
    return Group(word, tuple(keys), tuple(key.rpartition("/")[0] or key for key in keys))


def resource_groups(keys: Iterable[str], stages: Sequence[str]) -> list[Group]:
    """One chart a field, in it one line a stage (and GPU), in the stages' order."""
    found: dict[str, dict[str, str]] = {}
    for key in keys:
        if key.startswith(RESOURCE_PREFIX) and key.count("/") >= 3:
            scope, device, field = key.removeprefix(RESOURCE_PREFIX).split("/", 2)
            kind = "gpu" if device.startswith("gpu") else device
            name = f"{scope} {device}" if kind == "gpu" else scope
            found.setdefault(f"{kind}/{field}", {})[name] = key
    place = {stage: at for at, stage in enumerate(stages)}
    groups = []
    for field, title in RESOURCES:
        by_name = found.get(field, {})
        names = sorted(by_name, key=lambda name: (place.get(name.partition(" ")[0], len(place)), name))
        if names:
            scale = MIB if "MiB" in title else 1.0
            groups.append(Group(title, tuple(by_name[name] for name in names), tuple(names), scale))
    return groups


def interest(word: str) -> int:
    """How early a metric of this name is wanted, from 0."""
    for at, words in enumerate(("loss", "acc|accuracy", "f1|auc|score|reward", "error|rmse|mae|perplexity")):
        if re.search(rf"(^|[^a-z])({words})($|[^a-z])", word.lower()):
            return at
    return 9
