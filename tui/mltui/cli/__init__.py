"""The command line: one file a command group. Each has `add(parser)`; what it needs is imported when it runs."""
