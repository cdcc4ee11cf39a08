"""Code versions: what the commands of a run were run from."""
