"""Code in the theme's colours, by Pygments, which is loaded only for it."""

from rich.text import Text

COLOURED_LINE = 1_000
"""Characters. A longer line is data rather than code, and stays plain."""
STYLES = {
    "Comment": "muted",
    "Keyword": "series-3",
    "Literal.String": "series-2",
    "Literal.Number": "series-1",
    "Name.Function": "series-0",
    "Name.Class": "series-0",
    "Name.Tag": "series-0",
    "Name.Attribute": "series-0",
    "Name.Decorator": "series-5",
    "Generic.Heading": "bold",
    "Generic.Subheading": "bold",
    "Generic.Deleted": "error",
    "Generic.Inserted": "success",
}
"""By the beginning of a token's name."""


def coloured(name: str, text: str) -> list[Text]:
    """The lines of a file called `name`."""
    lines = text.expandtabs(4).replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines or max(map(len, lines)) > COLOURED_LINE:
        return [Text(line) for line in lines]
    from pygments.lexers import find_lexer_class_for_filename

    lexer = find_lexer_class_for_filename(name)
    if lexer is None:
        return [Text(line) for line in lines]
    whole = Text()
    for token, piece in lexer(stripnl=False, ensurenl=False).get_tokens("\n".join(lines)):
        whole.append(piece, _style(str(token).removeprefix("Token.")))
    return list(whole.split("\n", allow_blank=True))


def _style(token: str) -> str:
    return next((style for start, style in STYLES.items() if token.startswith(start)), "")
