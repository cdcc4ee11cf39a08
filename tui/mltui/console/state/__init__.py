"""What the console holds of the server: windows, not data sets. Nothing here imports Textual."""
