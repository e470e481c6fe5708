"""Hits become event records with the best thumbnail that the track offered."""
