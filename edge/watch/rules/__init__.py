"""Tracks become hits: zones, dwell, lines, crowds, and when each rule applies."""
