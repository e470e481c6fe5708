"""The box's self-test: pure checks of what was measured, and probes that measure it."""
