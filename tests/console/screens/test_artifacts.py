"""The artifacts of a run in the console: walked, looked into, saved and deleted."""
