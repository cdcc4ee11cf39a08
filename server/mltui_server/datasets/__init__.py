"""Datasets: artifacts with rows and columns, and the runs that read them."""
