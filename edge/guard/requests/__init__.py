"""What page and root's tools ask of guard: who may, is judged here, whoever asks."""
