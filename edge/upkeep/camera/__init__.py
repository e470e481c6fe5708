"""A technician's work at a camera: what it sends, which of it to use, what to set."""
