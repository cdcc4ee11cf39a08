"""What is made up: three services in two regions, their requests, their queues and their deployments.

Days have a rhythm, a deployment of a service raises its latency while it goes on and for some minutes after, now and
then one fails, and queues fill up and are worked off. The same seed and times always tell the same story.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from mltui.wire.base import Number
from mltui.wire.metrics import CreateMetric, DataPoint, MetricType

SERVICES = {"api": 0.02, "checkout": 0.08, "search": 0.15}
"""Median latency when all is well, in seconds."""
REGIONS = {"eu": 9.0, "us": 17.0}
"""Hour of the day (UTC) at which the most people are awake."""
QUEUES = {"ingest": 400.0, "email": 60.0}
REPLICAS = ("a", "b", "c")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SPREAD = 0.6
"""Of the logarithm of a latency."""
BETWEEN_DEPLOYMENTS_S = 5_400.0
RECOVERY_S = 600.0
PHASES = {"pending": 40.0, "deploying": 90.0, "failed": 120.0}
"""Seconds that a replica is in each, about."""

METRICS = (
    CreateMetric(
        name="request_latency",
        type=MetricType.HISTOGRAM,
        label_keys=["service", "region"],
        unit="s",
        description="From the first byte of a request to the last of its answer",
    ),
    CreateMetric(
        name="queue_depth",
        type=MetricType.GAUGE,
        label_keys=["queue"],
        unit="messages",
        description="Messages that wait",
    ),
    CreateMetric(
        name="deployment_state",
        type=MetricType.ENUM,
        label_keys=["service", "replica"],
        description="How far a replica's deployment is",
    ),
)


@dataclass
class Replica:
    state: str = "healthy"
    until: float = 0.0


@dataclass
class Requests:
    """Counters of one service in one region."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0


class Story:
    """Told from one time on (seconds since 1970), step by step."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._requests = {(service, region): Requests() for service in SERVICES for region in REGIONS}
        self._replicas = {(service, replica): Replica() for service in SERVICES for replica in REPLICAS}
        self._depths = {queue: usual / 4 for queue, usual in QUEUES.items()}
        self._rolling: dict[str, list[str]] = {service: [] for service in SERVICES}
        """Replicas that have yet to be deployed."""
        self._slow_until = dict.fromkeys(SERVICES, 0.0)

    def step(self, now: float, seconds: float) -> dict[str, list[DataPoint]]:
        """What is measured at `now`, `seconds` after the step before, by metric."""
        self._deploy(now, seconds)
        time = round(now) * 10**9
        return {
            "request_latency": list(self._latencies(now, seconds, time)),
            "queue_depth": list(self._queues(now, seconds, time)),
            "deployment_state": [
                DataPoint(labels={"service": service, "replica": name}, state=replica.state, timestamp=time)
                for (service, name), replica in self._replicas.items()
            ],
        }

    def _deploy(self, now: float, seconds: float) -> None:
        for service, waiting in self._rolling.items():
            if not waiting and self._random.random() < seconds / BETWEEN_DEPLOYMENTS_S:
                waiting.extend(REPLICAS)
            busy = [name for name in REPLICAS if self._replicas[service, name].state in PHASES]
            if waiting and not busy:
                self._enter(self._replicas[service, waiting.pop(0)], "pending", now)
            for name in REPLICAS:
                self._go_on(service, self._replicas[service, name], now, seconds)

    def _go_on(self, service: str, replica: Replica, now: float, seconds: float) -> None:
        if replica.state in PHASES:
            self._slow_until[service] = now + RECOVERY_S
            if now >= replica.until:
                following = {"pending": "deploying", "failed": "deploying"}.get(replica.state, "healthy")
                if replica.state == "deploying" and self._random.random() < 0.15:
                    following = "failed"
                self._enter(replica, following, now)
        elif self._random.random() < seconds / (20 * RECOVERY_S):
            replica.state = "degraded"
        elif replica.state == "degraded" and self._random.random() < seconds / RECOVERY_S:
            replica.state = "healthy"

    def _enter(self, replica: Replica, state: str, now: float) -> None:
        replica.state = state
        replica.until = now + PHASES.get(state, 0.0) * self._random.uniform(0.6, 1.4)

    def _latencies(self, now: float, seconds: float, time: int) -> Iterator[DataPoint]:
        for (service, region), requests in self._requests.items():
            busy = _awake(now, REGIONS[region])
            expected = 20 * busy * seconds
            count = max(0, round(self._random.gauss(expected, math.sqrt(expected))))
            slowness = 1 + max(0.0, self._slow_until[service] - now) / RECOVERY_S * 2
            median = SERVICES[service] * slowness * (0.8 + 0.4 * busy) * self._random.uniform(0.95, 1.05)
            below = 0
            for at, bound in enumerate(BOUNDS):
                below = max(below, round(count * _below(bound, median)))
                requests.counts[at] += below
            requests.counts[-1] += count
            requests.total += count * median * math.exp(SPREAD**2 / 2)
            counts = map(float, requests.counts)
            buckets: dict[str, Number] = dict(zip([*map(str, BOUNDS), "+Inf"], counts, strict=True))
            labels = {"service": service, "region": region}
            yield DataPoint(labels=labels, buckets=buckets, sum=round(requests.total, 6), timestamp=time)

    def _queues(self, now: float, seconds: float, time: int) -> Iterator[DataPoint]:
        for queue, usual in QUEUES.items():
            # A burst now and then; otherwise it goes back to what the hour of the day brings.
            if self._random.random() < seconds / (2 * BETWEEN_DEPLOYMENTS_S):
                self._depths[queue] += usual * self._random.uniform(3, 8)
            wanted = usual * _awake(now, 13.0)
            pull = 1 - math.exp(-seconds / RECOVERY_S)
            noise = self._random.gauss(0, usual * 0.15 * math.sqrt(pull))
            self._depths[queue] = max(0.0, self._depths[queue] + (wanted - self._depths[queue]) * pull + noise)
            yield DataPoint(labels={"queue": queue}, value=float(round(self._depths[queue])), timestamp=time)


def _awake(now: float, peak: float) -> float:
    """Share of people at work, 0.1 to 1."""
    return 0.55 + 0.45 * math.cos((now / 3600 - peak) / 24 * 2 * math.pi)


def _below(bound: float, median: float) -> float:
    """Share of latencies up to the bound: they are distributed log-normally."""
    return 0.5 * (1 + math.erf(math.log(bound / median) / (SPREAD * math.sqrt(2))))
