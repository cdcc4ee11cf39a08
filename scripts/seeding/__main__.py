"""scripts/seed_metrics: the story told to a server, and told on as time goes on."""

import argparse
import os
import re
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime

from mltui.wire.metrics import DataPoint
from seeding.sending import Sender, SendError
from seeding.story import METRICS, Story

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
BATCH_POINTS = 8_000


def duration(text: str) -> int:
    """Seconds of "6h" and the like."""
    if not (found := re.fullmatch(r"([1-9]\d{0,6})([smhd])", text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write a number and s, m, h or d, as in 6h")
    return int(found[1]) * UNITS[found[2]]


def moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time, UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 2026-01-31T12:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/seed_metrics",
        description="Feed a server three made-up metrics: request_latency, queue_depth and deployment_state. "
        "The same seed, times and step always give the same points, which take each other's place.",
    )
    parser.add_argument("--url", default=os.environ.get("MLTUI_URL") or "http://127.0.0.1:8642", help="of the server")
    parser.add_argument("--duration", type=duration, default="6h", help="how far back it begins (default: 6h)")
    parser.add_argument("--every", type=duration, default="10s", help="between two points (default: 10s)")
    parser.add_argument("--seed", type=int, default=7, help="of what is made up (default: 7)")
    parser.add_argument("--end", type=moment, default=None, help="ISO 8601 (default: now)")
    parser.add_argument("--live", action="store_true", help="go on as time goes on, until Ctrl-C")
    return parser.parse_args()


def tell(sender: Sender, story: Story, start: int, end: int, every: int) -> int:
    """Everything up to `end`; how many points that is."""
    waiting: dict[str, list[DataPoint]] = defaultdict(list)
    sent = 0
    for now in range(start, end + 1, every):
        for name, points in story.step(now, every).items():
            waiting[name] += points
            if len(waiting[name]) >= BATCH_POINTS:
                sender.send(name, waiting.pop(name))
            sent += len(points)
    for name, points in waiting.items():
        sender.send(name, points)
    return sent


def main() -> int:
    options = parse()
    every = options.every
    # A grid that does not depend on when it is run: what is told twice takes its own place.
    end = int(time.time() if options.end is None else options.end) // every * every
    start = end - options.duration // every * every
    sender, story = Sender(options.url), Story(options.seed)
    try:
        for metric in METRICS:
            sender.make(metric)
        print(f"{tell(sender, story, start, end, every):,} points sent")
        while options.live:
            end += every
            time.sleep(max(0.0, end - time.time()))
            tell(sender, story, end, end, every)
    except SendError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
