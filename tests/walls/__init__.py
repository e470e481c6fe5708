"""What a taken-over program, and a crowd from outside, can and cannot do."""
