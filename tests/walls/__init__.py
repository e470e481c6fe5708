"""A program that was taken over does its worst, under its real user: the others must not care."""
