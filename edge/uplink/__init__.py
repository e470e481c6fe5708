"""The way from the journal to the ward's broker, and of its commands to guard. See `delivery.py`."""
