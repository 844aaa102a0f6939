"""Which blocks are open, and everything in its place for that."""
