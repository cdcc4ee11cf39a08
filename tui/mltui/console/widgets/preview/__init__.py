"""What is seen of a file: a widget for each kind of preview."""
