"""What is in files that nobody has described yet, and how they might map to the dictionary."""
