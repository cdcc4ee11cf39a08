"""Ingestion jobs: data brought in from a URI."""
