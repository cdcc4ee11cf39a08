"""The Python half of scripts/demo, once the environment is there."""
