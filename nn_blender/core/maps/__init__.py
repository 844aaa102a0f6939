"""Feature maps: how they are packed into pictures."""
