"""The line chart: what a run measured, with every spike in it, in braille dots."""
