"""scripts/bench: runs the benchmark modules beside this file and prints one table."""

import argparse
import importlib
import json
import pkgutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

import benchmarks
from benchmarks.figure import Figure, table
from benchmarks.machine import facts

DESCRIPTION = "Prints the figures that matter, each beside its aim. Exit code 1: one of them misses its aim."


def modules() -> list[str]:
    """Names of the modules that expose `figures(quick: bool) -> Iterator[Figure]`."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")
    return [name for name in names if hasattr(load(name), "figures")]


def load(name: str) -> object:
    return importlib.import_module(f"benchmarks.{name}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=DESCRIPTION)
    parser.add_argument("--quick", action="store_true", help="less data and fewer repetitions: does it work at all?")
    parser.add_argument("--only", action="append", metavar="NAME", choices=modules(), help="only this part; repeatable")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--list", action="store_true", help="print the names of the parts")
    return parser.parse_args()


def measure(names: list[str], quick: bool) -> Iterator[Figure]:
    for name in names:
        start = time.monotonic()
        print(f"{name} …", end="", file=sys.stderr, flush=True)
        yield from load(name).figures(quick)  # type: ignore[attr-defined]
        print(f" {time.monotonic() - start:.0f} s", file=sys.stderr)


def main() -> int:
    options = parse()
    names = options.only or modules()
    if options.list:
        print("\n".join(names))
        return 0
    figures = list(measure(names, options.quick))
    if options.json:
        print(json.dumps({"machine": facts(), "quick": options.quick, "figures": [asdict(one) for one in figures]}))
    else:
        print(f"\n{facts()}" + ("; quick: too little data to compare" if options.quick else ""))
        print(f"\n{table(figures)}")
    return int(any(figure.met is False for figure in figures) and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
