"""Names of keys, and the bytes that a terminal sends for them."""

KEYS = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "home": "\x1b[H", "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "escape": "\x1b",
    "backspace": "\x7f", "space": " ", "comma": ",", "f1": "\x1bOP", "f10": "\x1b[21~",
}  # fmt: skip


def key_bytes(name: str) -> bytes:
    """The bytes a legacy terminal sends for a key, e.g. `down`, `ctrl+f`, `x`. Raises ValueError for another name."""
    if name in KEYS:
        return KEYS[name].encode()
    if name.startswith("ctrl+") and len(name) == 6:
        return bytes([ord(name[5].lower()) & 0x1F])
    if len(name) == 1:
        return name.encode()
    raise ValueError(f"unknown key {name!r}; known: {', '.join(KEYS)}")


def parse_keys(script: str) -> list[str]:
    """The keys that a script names.

    >>> parse_keys("down*3,enter")
    ['down', 'down', 'down', 'enter']
    """
    keys: list[str] = []
    for item in filter(None, script.split(",")):
        name, _, times = item.rpartition("*") if "*" in item[1:] else (item, "", "1")
        keys += [name] * int(times)
    return keys
