"""What label sets are called beside each other: only the keys that tell them apart are named. Pure."""

from collections.abc import Mapping, Sequence

from mltui.console.format import printable

ALL = "all"
"""What has no labels."""


def names(label_sets: Sequence[Mapping[str, str]]) -> list[str]:
    """A name for each; one alone is named by all that it has.

    >>> names([{"host": "a", "gpu": "0"}, {"host": "a", "gpu": "1"}])
    ['gpu=0', 'gpu=1']
    >>> names([{"host": "a"}]), names([{}])
    (['host=a'], ['all'])
    """
    differ = _telling_keys(label_sets)
    return [
        printable(" ".join(f"{key}={labels[key]}" for key in differ if key in labels)) or ALL for labels in label_sets
    ]


def short_names(label_sets: Sequence[Mapping[str, str]]) -> list[str]:
    """The same without the keys, for little room; with them, where values alone do not tell all apart.

    >>> short_names([{"host": "a", "gpu": "0"}, {"host": "a", "gpu": "1"}, {"host": "b"}])
    ['a 0', 'a 1', 'b']
    """
    differ = _telling_keys(label_sets)
    short = [printable(" ".join(labels[key] for key in differ if labels.get(key))) or ALL for labels in label_sets]
    return short if len(set(short)) == len(short) else names(label_sets)


def _telling_keys(label_sets: Sequence[Mapping[str, str]]) -> list[str]:
    keys = dict.fromkeys(key for labels in label_sets for key in labels)
    return [key for key in keys if len({labels.get(key) for labels in label_sets}) > 1] or list(keys)
