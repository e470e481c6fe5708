"""From the journal to the ward's broker. See `deliver.py`."""
