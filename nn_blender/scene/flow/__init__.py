"""The way of the data between what is seen."""
