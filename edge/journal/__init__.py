"""The box's durable store of everything owed to the ward. See `store.py` for its promises."""
