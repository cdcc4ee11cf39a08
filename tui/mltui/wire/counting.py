"""How many of something there are, as server, command line and console say it alike."""


def counted(number: int | None, what: str) -> str:
    """A number of things; None is one that nobody knows.

    >>> counted(1, "batch"), counted(2, "batch"), counted(0, "process"), counted(1200, "point"), counted(None, "row")
    ('1 batch', '2 batches', '0 processes', '1,200 points', 'some rows')
    """
    plural = "" if number == 1 else "es" if what.endswith(("ch", "s")) else "s"
    return f"{'some' if number is None else f'{number:,}'} {what}{plural}"
