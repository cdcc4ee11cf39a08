"""What label sets are called beside each other: only the keys that tell them apart are named. Pure."""

from collections.abc import Mapping, Sequence

ALL = "all"
"""What has no labels."""


def names(label_sets: Sequence[Mapping[str, str]]) -> list[str]:
    """A name for each; one alone is named by all that it has.

    >>> names([{"host": "a", "gpu": "0"}, {"host": "a", "gpu": "1"}])
    ['gpu=0', 'gpu=1']
    >>> names([{"host": "a"}]), names([{}])
    (['host=a'], ['all'])
    """
    keys = dict.fromkeys(key for labels in label_sets for key in labels)
    differ = [key for key in keys if len({labels.get(key) for labels in label_sets}) > 1] or list(keys)
    return [" ".join(f"{key}={labels[key]}" for key in differ if key in labels) or ALL for labels in label_sets]
