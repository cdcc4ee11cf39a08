"""What agent and SDK say to whoever runs a program: on stderr, a line each."""

import sys


def complain(text: str) -> None:
    """Say something about tracking, where it does not mix with the program's own output."""
    sys.stderr.write(f"mltui: {text}\n")
    sys.stderr.flush()
