"""Keys that take as long as what they do."""

import pytest
from textual._context import active_app
from textual.pilot import Pilot


@pytest.fixture(autouse=True)
def keys_that_wait_for_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot's own wait, twice a key, is for an idle processor: most of what these tests took."""
    monkeypatch.setattr("textual.app.wait_for_idle", _all_messages_done)


async def _all_messages_done(_: float) -> None:
    app = active_app.get()
    while True:
        await Pilot(app)._wait_for_screen()
        if all(node._message_queue.empty() for node in (app, *app.screen.walk_children(with_self=True))):
            return
