"""A network as a whole: its parts, what it is built from, its description."""
