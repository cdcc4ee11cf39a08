"""Measures a terminal app the way its user feels it: in a real pty, with real keys.

The harness plays the terminal: it answers the query that Textual asks at start (synchronised output), presses keys,
and records every chunk that the app writes with a monotonic timestamp. Nothing is parsed while the clock runs; the
recording is replayed through an emulator afterwards, so the emulator's own cost never reaches a number. Compare
numbers only between runs on one machine.

    python -m bench_terminal --size 200x50 --ready 'Row 1' --keys 'down*30,pagedown*30' -- python app.py
"""
