"""A whole box without a board: the image's own systemd in namespaces, and outside of it a ward that is real."""
