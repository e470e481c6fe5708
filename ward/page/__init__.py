"""The station's web page: events as they arrive, the boxes, and the same as JSON. It only reads."""
