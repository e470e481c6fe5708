"""What the box is doing, looked at from outside."""
