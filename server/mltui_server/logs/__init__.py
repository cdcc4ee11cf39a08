"""Logs: chunks in, lines out."""
