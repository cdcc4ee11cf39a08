"""Live notices over WebSockets."""
