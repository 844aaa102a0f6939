"""Panels and operators about feature maps, and thumbnails."""

from . import feature_maps

MODULES = (feature_maps,)
