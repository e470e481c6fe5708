"""A box that forgets whose it was."""
