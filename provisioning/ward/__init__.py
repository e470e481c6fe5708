"""The ward's keys and certificates: made, kept, listed and withdrawn; and the server where boxes enrol."""
