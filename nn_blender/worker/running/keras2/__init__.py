"""What a model of Keras 1 or 2 needs of Keras 3 besides its translated settings, see `models.keras2`."""
