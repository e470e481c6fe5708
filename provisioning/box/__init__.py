"""Prepare a box: what a technician types becomes a signed bundle on a card, a label, and an inventory row."""
