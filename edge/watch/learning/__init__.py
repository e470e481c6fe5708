"""What rules are not to tell again: still things that were told once, and what the ward has taught."""
