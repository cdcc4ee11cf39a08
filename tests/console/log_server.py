"""A log with fixed contents of any length, and the server that answers for it."""

from collections.abc import Callable

from mltui.wire.logs import LogLine, LogPage

BEGIN_NS = 1_767_323_045_000_000_000


def training_line(n: int) -> LogLine:
    """Twelve kinds of lines in turn: colours, warnings, a progress bar in two pieces, wide characters."""
    time = BEGIN_NS + n * 137_000_000
    match n % 12:
        case 3:
            text = f"\x1b[33mWARNING\x1b[0m  learning rate 0.{n % 90:02} is high for batch size 256"
            return LogLine(n=n, time=time, stream="err", text=text)
        case 4 | 5 as kind:
            bar = f"\r{kind * 20:3}%|████████      | {n}/2000 [00:12<00:24, 83.1it/s]"
            return LogLine(n=n, time=time, stream="err", text=bar, open=kind == 4)
        case 7:
            return LogLine(n=n, time=time, stream="agent", text="sampling every 1.0 s")
        case 9:
            text = (
                f"\x1b[1;32m✓\x1b[0m checkpoint \x1b[4martifacts/epoch-{n}.pt\x1b[0m 数据集 完了 " + "and so on " * 15
            )
            return LogLine(n=n, time=time, stream="out", text=text)
    text = (
        f"epoch {n // 12:4}  step {n:6}  loss=\x1b[36m{1 / (n + 1):.6f}\x1b[0m  acc=\x1b[35m{n / (n + 100):.4f}\x1b[0m"
    )
    return LogLine(n=n, time=time, stream="out", text=text)


def plain_line(n: int) -> LogLine:
    return LogLine(n=n, time=BEGIN_NS + n, stream="out", text=f"line {n}")


class LogServer:
    def __init__(self, total: int, line: Callable[[int], LogLine] = plain_line) -> None:
        self.total, self.line = total, line
        self.asked: list[tuple[int | None, int]] = []

    async def fetch(self, first: int | None, count: int) -> LogPage:
        self.asked.append((first, count))
        if first is None:
            first = max(0, self.total - count)
        lines = [self.line(n) for n in range(first, min(self.total, first + count))]
        return LogPage(lines=lines, first=first, total=self.total, bytes=100 * self.total, finished=False)
