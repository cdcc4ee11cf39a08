"""What label sets are called beside each other: only the keys that tell them apart are named. Pure."""

from collections.abc import Mapping, Sequence

from mltui.console.format import label, printable

ALL = "all"
"""All label sets together."""


def names(label_sets: Sequence[Mapping[str, str]], metric: str) -> list[str]:
    """A name for each; one alone is named by all that it has, and what has no labels as its `metric`.

    >>> names([{"host": "a", "gpu": "0"}, {"host": "a", "gpu": ""}], "load")
    ['gpu=0', 'gpu=""']
    >>> names([{"host": "a"}], "load"), names([{}], "load")
    (['host=a'], ['load'])
    """
    differ = _telling_keys(label_sets)
    return [
        printable(" ".join(f"{key}={label(labels[key])}" for key in differ if key in labels)) or metric
        for labels in label_sets
    ]


def short_names(label_sets: Sequence[Mapping[str, str]], metric: str) -> list[str]:
    """The same without the keys, for little room; with them, where values alone do not tell all apart.

    >>> short_names([{"host": "a", "gpu": "0"}, {"host": "a", "gpu": "1"}, {"host": "b", "gpu": ""}], "load")
    ['a 0', 'a 1', 'b']
    >>> short_names([{"host": "a"}, {"host": ""}], "load")
    ['a', '""']
    """
    differ = _telling_keys(label_sets)
    short = [_short([labels[key] for key in differ if key in labels]) or metric for labels in label_sets]
    return short if len(set(short)) == len(short) else names(label_sets, metric)


def _short(values: Sequence[str]) -> str:
    """Empty ones are left out, as long as any is not."""
    return printable(" ".join(filter(None, values)) or (label("") if values else ""))


def _telling_keys(label_sets: Sequence[Mapping[str, str]]) -> list[str]:
    keys = dict.fromkeys(key for labels in label_sets for key in labels)
    return [key for key in keys if len({labels.get(key) for labels in label_sets}) > 1] or list(keys)
