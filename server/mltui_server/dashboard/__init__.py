"""The dashboard: figures over all runs, and what needs attention."""
