"""Operational metrics: what there is to measure."""
