"""What a store refused of a flush: taken out of what it adds up to, and kept for a person to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from mltui_server.samples.arrange import Flush, InboxRow, Refusal, addition
from mltui_server.samples.batch import PackedSeries, decode, encode
from mltui_server.samples.store import RefusedSamples, SeriesColumns, SeriesName


@dataclass(frozen=True)
class _Share:
    """What is refused of one inbox row."""

    series: list[PackedSeries]
    reasons: list[str]


def without_refused(flush: Flush, rows: Sequence[InboxRow], refused: Sequence[RefusedSamples]) -> Flush:
    """The flush without the samples that the store will never take: its summaries count what can be read."""
    if not refused:
        return flush
    columns = {column.name: column for column in flush.columns}
    kept = without(refused, flush.columns)
    additions = [addition(column) for column in kept if len(column.times)]
    aside = _by_row(rows, [(columns[one.name], one) for one in refused])
    return replace(flush, columns=kept, additions=additions, refused=[*flush.refused, *aside])


def without(refused: Sequence[RefusedSamples], columns: Sequence[SeriesColumns]) -> Sequence[SeriesColumns]:
    """What is left of columns, nothing at all of some."""
    by_series: dict[SeriesName, list[RefusedSamples]] = {}
    for one in refused:
        by_series.setdefault(one.name, []).append(one)
    return [_kept(column, by_series.get(column.name, ())) for column in columns]


def _kept(column: SeriesColumns, refused: Sequence[RefusedSamples]) -> SeriesColumns:
    if not refused:
        return column
    keep = [True] * len(column.times)
    for one in refused:
        keep[one.start : one.stop] = [False] * (one.stop - one.start)
    mask = pa.array(keep)
    return replace(
        column,
        times=column.times.filter(mask),
        steps=column.steps.filter(mask),
        values=column.values.filter(mask),
    )


def _by_row(rows: Sequence[InboxRow], refused: Sequence[tuple[SeriesColumns, RefusedSamples]]) -> list[Refusal]:
    """With the first row that brought anything of the series: samples of several rows lie together by now."""
    first = dict[SeriesName, InboxRow]()
    for row in rows:
        for key in _keys(row):
            first.setdefault(SeriesName(row.run, key), row)
    shares: dict[int, _Share] = {}
    for column, one in refused:
        share = shares.setdefault(first[one.name].id, _Share([], []))
        share.series.append(_packed(column, one))
        if one.reason not in share.reasons:
            share.reasons.append(one.reason)
    return [
        Refusal(InboxRow(row.id, row.run, encode(shares[row.id].series)), "; ".join(shares[row.id].reasons[:5]))
        for row in rows
        if row.id in shares
    ]


def _keys(row: InboxRow) -> list[str]:
    try:
        return [series.key for series in decode(row.body) if series.times]
    except ValueError:
        return []


def _packed(column: SeriesColumns, refused: RefusedSamples) -> PackedSeries:
    """Samples without a step get none of the others' either."""
    start, count = refused.start, refused.stop - refused.start
    steps = column.steps.slice(start, count)
    return PackedSeries(
        key=column.name.key,
        times=column.times.slice(start, count).to_numpy().tobytes(),
        values=column.values.slice(start, count).to_numpy().tobytes(),
        steps=None if steps.null_count else steps.to_numpy().tobytes(),
    )
