"""Engines: what starts agents."""
