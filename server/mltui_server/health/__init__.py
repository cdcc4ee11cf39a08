"""Health and Prometheus figures."""
