"""mltui: track, run and watch machine-learning work.

Importing this package is cheap: the SDK (`start_run`) loads on first use, so
that `mltui --version` and the agent never pay for what they do not need.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mltui.agent.registering import register_model
    from mltui.sdk import Run, start_run

__all__ = ["Run", "__version__", "register_model", "start_run"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("Run", "start_run"):
        from mltui import sdk

        return getattr(sdk, name)
    if name == "register_model":
        from mltui.agent import registering

        return registering.register_model
    raise AttributeError(f"module 'mltui' has no attribute {name!r}")
