"""Widgets on the Line API: they draw the lines that are visible, and no others."""
