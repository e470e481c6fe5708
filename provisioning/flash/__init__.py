"""Write an image to a card, and make sure that it is on it."""
