"""Panels and operators about TensorFlow: set-up, preferences, the worker."""
