"""From the journal to the ward's broker, and its commands back. See `deliver.py` and `desk.py`."""
