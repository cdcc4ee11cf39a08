"""The agent: runs a command, captures its output, samples its resources and ships it all through a disk spool.

Call `mltui.agent.execute.run_exec` and `run_claimed` to run something, and `mltui.agent.sync.sync` to ship
what dead processes left behind. Nothing is imported here, so that each caller pays only for its own part.
"""
