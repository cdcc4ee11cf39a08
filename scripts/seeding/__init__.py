"""Behind scripts/seed_metrics."""
