"""Keys in the order in which they were typed, whatever the ones before open meanwhile."""

import time
from collections import deque
from typing import Any

from textual.app import App
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

WAIT_S = 0.5
"""The longest that a key waits for the one before it."""
GO_BACK = ("screen.back", "leave", "app.quit")
"""Actions that wait for nothing to come from the server."""
LOOK_EVERY_S = 0.01
ASKS = "action_"
"""How workers are called that ask something in a dialog: as the action that they are."""
SEND = "send"
"""The group of a dialog's worker that sends what was filled in; the dialog goes when that has arrived."""


def is_sending(screen: Screen[Any]) -> bool:
    """Whether what was filled in is on its way: sent again, it would be done twice."""
    return any(one.group == SEND and one.node is screen and not one.is_finished for one in screen.app.workers)


class Taken(Message):
    """Goes the way that a key went; when it arrives, the key has done what it does.

    And when it has gone there `again`, so have the messages that the key led to, as that a line was submitted.
    """

    def __init__(self, target: MessagePump, *, again: bool) -> None:
        super().__init__()
        self.target, self.again = target, again


class InOrder(App[object]):
    """Sends on one key at a time.

    Textual sends on each as it comes. So a letter is written at once, where the `ctrl+u` before it is still on its
    way up to the app; and what opens a dialog has not opened it yet when the next key does something below.

    What acts on lines that are on their way (`check_action` says None) waits for them, and so does what was typed
    after it. What is typed while a dialog sends what it was filled in with is for what is below it. Who goes back has
    given it up.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[Key | Paste] = deque()
        self._is_taken, self._sent_at = True, 0.0
        self._top: Screen[object] | None = None
        """The screen that the last key went to."""
        self._asks_since: float | None = None
        self._looks = False
        """Whether a look is due at what is under way."""

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._typed.append(event)
            await self._send_on()
        else:
            await super().on_event(event)

    async def on_taken(self, message: Taken) -> None:
        self._is_taken = message.again or not message.target.post_message(Taken(message.target, again=True))
        await self._send_on()

    async def _send_on(self) -> None:
        """Send on the next key, or look again whether it can be."""
        if not self._typed or self._looks or not self.screen_stack:
            # Without a screen the console is on its way out.
            return
        if not self._can_take_one():
            self._looks = True
            self.set_timer(LOOK_EVERY_S, self._look)
            return
        self._top, self._sent_at = self.screen, time.monotonic()
        target = self.focused or self.screen
        await super().on_event(self._typed.popleft())
        self._is_taken = not target.post_message(Taken(target, again=False))

    async def _look(self) -> None:
        self._looks = False
        await self._send_on()

    def _can_take_one(self) -> bool:
        if not self.screen.is_mounted:
            return False
        if self.screen is not self._top:
            # What it focuses has the focus by the next look.
            self._top = self.screen
            return False
        if time.monotonic() - self._sent_at < WAIT_S and (not self._is_taken or self._may_ask()):
            return False
        return not self._is_early()

    def _is_early(self) -> bool:
        """Whether what the next key acts on is on its way; with the keys before one that goes back, it is dropped."""
        active = self.screen.active_bindings
        known = [active.get(event.key) if isinstance(event, Key) else None for event in self._typed]
        if not is_sending(self.screen) and (known[0] is None or known[0].enabled):
            return False
        back = next((at for at, one in enumerate(known) if one is not None and one.binding.action in GO_BACK), None)
        if back is None:
            return True
        for _ in range(back):
            self._typed.popleft()
        return False

    def _may_ask(self) -> bool:
        """Whether a dialog may come up in a moment. What has not asked for WAIT_S is busy with something else."""
        asks = any(worker.name.startswith(ASKS) and not worker.is_finished for worker in self.workers)
        if not asks or isinstance(self.screen, ModalScreen):
            self._asks_since = None
            return False
        if self._asks_since is None:
            self._asks_since = time.monotonic()
        return time.monotonic() - self._asks_since < WAIT_S
