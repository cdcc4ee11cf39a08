"""In which encoding the beginning of a text is: found from its bytes, as nothing else tells."""

import codecs
import re

_decoder = codecs.getincrementaldecoder("utf-8")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\ufffd]")


def in_utf8(head: bytes, *, cut: bool) -> tuple[bytes, str]:
    """The same in UTF-8 without a mark, and what a reader should know of how it was read; `cut` says there is more.

    Windows marks its UTF-16. What has characters beyond ASCII none of which is UTF-8 is Windows-1252, which all
    Latin-1 that people write is, too.
    """
    if head.startswith(_UTF16):
        return head.decode("utf-16", errors="replace").encode(), ""
    head = head.removeprefix(codecs.BOM_UTF8)
    try:
        _decoder().decode(head, final=not cut)
        return head, ""
    except UnicodeDecodeError:
        pass
    try:
        if not _BEYOND_ASCII.search(text_of(head, cut=cut)):
            return head.decode("cp1252").encode(), "not UTF-8, read as Latin-1 (Windows-1252)"
    except UnicodeDecodeError:
        pass
    return head, "not all of it is UTF-8; the rest is shown as \ufffd"


def text_of(head: bytes, *, cut: bool) -> str:
    """UTF-8 as text; what is none is U+FFFD, and what was cut in the middle of a character ends before it."""
    return _decoder("replace").decode(head, final=not cut)
