"""The console's screens, and the frame that they all stand in."""
