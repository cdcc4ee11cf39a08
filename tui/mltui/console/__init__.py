"""The terminal console: a Textual app over the typed client."""
