"""What the station keeps: one SQLite file and a folder of pictures, written by the receiver alone."""
