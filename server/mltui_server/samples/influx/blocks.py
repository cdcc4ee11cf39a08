"""Blocks as they lie in InfluxDB: one row each in `rollup`, that says where it is, and in `cells`, and the samples of a
unit as one row in `packed`. All have the time of the block's first sample.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec

from mltui_server.samples.grid import StoreAxis
from mltui_server.samples.influx.asking import Asking, Statement, Stretch, all_of
from mltui_server.samples.influx.packing import pack_cells, pack_samples
from mltui_server.samples.influx.rollups import About, Block
from mltui_server.samples.influx.schema import Kind, encoded, escaped, layout, name, text
from mltui_server.samples.influx.series import Samples
from mltui_server.samples.store import SeriesName

ABOUT, SAMPLES = "about", "samples"
LATEST = 32
"""Blocks of each span that are asked for at first: with those of the largest, all there are of 33 M samples."""

PART = 32
"""Rows of large texts in one series: InfluxDB unpacks what lies together (up to 1,000 rows) to read one of them."""

_about = msgspec.json.Decoder(About).decode


def level_field(axis: StoreAxis, exponent: int) -> str:
    return f"{axis[0]}{exponent}"


def rollup_lines(series: SeriesName, block: Block) -> Iterator[str]:
    about = block.about
    yield _line("rollup", series, {"span": about.span}, {ABOUT: msgspec.json.encode(about).decode()}, about.time.low)
    fields = {
        level_field(axis, exponent): pack_cells(cells)
        for axis, levels in block.levels.items()
        for exponent, cells in levels.items()
    }
    yield _line("cells", series, {"part": about.number // PART, "span": about.span}, fields, about.time.low)


def packed_line(series: SeriesName, number: int, samples: Samples) -> str:
    return _line("packed", series, {"part": number // PART}, {SAMPLES: pack_samples(samples)}, int(samples.times[0]))


def _line(measurement: str, series: SeriesName, more: Mapping[str, int], fields: Mapping[str, str], time: int) -> str:
    tags = {"key": escaped(encoded(series.key)), "run": series.run, **more}
    head = ",".join([measurement, *(f"{tag}={value}" for tag, value in sorted(tags.items()))])
    # None of these texts has a quote or a backslash in it.
    texts = ",".join(f'{field}="{value}"' for field, value in fields.items())
    return f"{head} {texts} {time}"


async def read_abouts(
    asking: Asking, span: int, stretches: Sequence[Stretch], last: int | None = None
) -> list[list[About]]:
    """Of each stretch the blocks of one span that begin in it, in order; all, or the last so many."""
    order = "" if last is None else f" ORDER BY time DESC LIMIT {last}"
    where = [_of(asking.run, one, {"span": [span]}) + order for one in stretches]
    found = [[_about(row[1]) for row in rows.values] for rows in await asking.ask(_abouts(asking, where))]
    return found if last is None else [abouts[::-1] for abouts in found]


async def read_latest_abouts(asking: Asking, keys: Sequence[str]) -> list[list[About]]:
    """Of each series the last blocks of every span."""
    last = f' GROUP BY "span" ORDER BY time DESC LIMIT {LATEST}'
    answers = await asking.ask(_abouts(asking, [_of(asking.run, all_of(key), {}) + last for key in keys]))
    return [[_about(row[1]) for row in rows.values] for rows in answers]


def _abouts(asking: Asking, where: Sequence[str]) -> list[Statement]:
    source = asking.places["rollup"].source("rollup")
    return [Statement("rollup", f"SELECT {name(ABOUT)} FROM {source} WHERE {one}") for one in where]


class Piece(msgspec.Struct, frozen=True):
    """Neighbouring blocks of one span, to be read alike: their cells of one exponent, or their samples."""

    key: str
    blocks: Sequence[About]
    exponent: int | None
    """None: the samples."""


async def read_pieces(asking: Asking, axis: StoreAxis, pieces: Sequence[Piece]) -> list[list[str]]:
    """What is packed in the blocks of each piece; nothing of those that are not there any more."""
    answers = await asking.ask([_piece_statement(asking, axis, one) for one in pieces])
    wanted = [{about.time.low for about in piece.blocks} for piece in pieces]
    return [[row[1] for row in rows.values if row[0] in times] for rows, times in zip(answers, wanted, strict=True)]


def _piece_statement(asking: Asking, axis: StoreAxis, piece: Piece) -> Statement:
    stretch = Stretch(piece.key, piece.blocks[0].time.low, piece.blocks[-1].time.low)
    tags = {"part": sorted({about.number // PART for about in piece.blocks})}
    kind: Kind
    if piece.exponent is None:
        kind, measurement, field = layout(piece.key).measurement, "packed", SAMPLES
    else:
        kind, measurement, field = "rollup", "cells", level_field(axis, piece.exponent)
        tags["span"] = [piece.blocks[0].span]
    source = asking.places[kind].source(measurement)
    return Statement(kind, f"SELECT {name(field)} FROM {source} WHERE {_of(asking.run, stretch, tags)}")


def _of(run: UUID, stretch: Stretch, tags: Mapping[str, Sequence[int]]) -> str:
    """InfluxQL: rows of a series, with one of some numbers in each of its tags."""
    where = [f"\"run\" = '{run}'", f'"key" = {text(encoded(stretch.key))}', stretch.condition]
    for tag, numbers in tags.items():
        where.append("(" + " OR ".join(f"{name(tag)} = '{number}'" for number in numbers) + ")")
    return " AND ".join(where)
