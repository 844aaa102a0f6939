"""Import, describe and remove networks."""
