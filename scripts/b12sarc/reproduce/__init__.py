"""Published tables computed again: the people, the numbers, and how far they are from the printed ones."""
