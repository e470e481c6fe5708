"""Developers' side: what `./run` does. Nothing here is installed on a box."""
