"""A whole box without a board: systemd of the image in namespaces, and outside of it a ward that is real."""
