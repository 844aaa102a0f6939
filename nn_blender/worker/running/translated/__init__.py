"""Builds models of Keras 1 and 2 in Keras 3, from settings that `models.keras2` translated."""
