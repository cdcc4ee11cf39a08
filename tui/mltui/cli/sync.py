"""`mltui sync`: what dead processes left in the spool."""

import argparse
import sys

from mltui.cli.session import add_url, url_of


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    from mltui.agent.sync import sync
    from mltui.wire.counting import counted

    report = sync(url=url_of(args), say=lambda line: print(line, file=sys.stderr))
    print(f"shipped {counted(report.shipped, 'record')}, {report.refused} refused, {report.left} left")
    return 1 if report.refused or report.left else 0
