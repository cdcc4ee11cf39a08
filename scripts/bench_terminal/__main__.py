"""Measures any terminal app from a shell; see the package's docstring."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench_terminal.keys import parse_keys
from bench_terminal.measure import AppFailed, Hold, measure

FLOOR_APP = """\
import os, sys, tty
tty.setraw(0); os.write(1, b'\\x1b[2Jready'); n = 0
while os.read(0, 8): n += 1; os.write(1, b'\\x1b[1;1H%06d' % n)
"""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench_terminal", description="Measure a terminal app.")
    parser.add_argument("--size", default="200x50", help="COLUMNSxROWS")
    parser.add_argument("--ready", default="", help="regex that the screen matches when the app is ready")
    parser.add_argument("--keys", default="down*30", help="e.g. down*30,enter,ctrl+f")
    parser.add_argument("--warmup", default="", help="keys pressed first and not reported")
    parser.add_argument("--hold", type=int, default=0, metavar="N", help="then N presses of down, without waiting")
    parser.add_argument("--link", type=int, metavar="BYTES", help="read at this many bytes/s, as a slow link would")
    parser.add_argument("--show", action="store_true", help="print the last screen")
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write everything there")
    parser.add_argument(
        "--floor", action="store_true", help="measure a raw echo program: what the harness itself costs"
    )
    parser.add_argument("command", nargs="*")
    return parser.parse_args()


def main() -> None:
    options = parse()
    columns, rows = (int(part) for part in options.size.split("x"))
    try:
        report = measure(
            [sys.executable, "-c", FLOOR_APP] if options.floor else options.command,
            columns=columns,
            rows=rows,
            ready=options.ready,
            keys=parse_keys(options.keys),
            warmup=parse_keys(options.warmup),
            hold=Hold(options.hold) if options.hold else None,
            link=options.link,
        )
    except AppFailed as error:
        sys.exit(str(error))
    if options.floor:
        report.command = "floor: raw echo"
    print(report.summary())
    if options.show:
        print(report.screen)
    if options.json:
        options.json.write_text(json.dumps(asdict(report), indent=1))


if __name__ == "__main__":
    main()
