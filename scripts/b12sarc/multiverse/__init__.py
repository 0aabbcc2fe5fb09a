"""The multiverse: every combination of reasonable choices, fitted, oriented and counted."""
