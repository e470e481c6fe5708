"""Commands to boxes: the keys that sign them, one command's way to its box, and what the answers mean."""
