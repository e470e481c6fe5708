"""What may leave the box for whoever helps from afar."""
