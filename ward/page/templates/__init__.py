"""Pages, in Jinja2."""
