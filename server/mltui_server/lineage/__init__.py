"""Lineage: from the source to the model, and back."""
