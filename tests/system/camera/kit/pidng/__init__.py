"""Stands for PiDNG, which picamera2 imports to write raw pictures to files: no wheel, and not used here."""
