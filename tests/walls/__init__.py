"""A program that was taken over, or a crowd from outside, does its worst: the others must not care."""
