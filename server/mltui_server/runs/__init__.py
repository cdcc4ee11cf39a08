"""Runs and their stage runs."""
