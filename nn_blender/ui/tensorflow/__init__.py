"""Panels and operators about TensorFlow: set-up, preferences, the worker."""

from . import allowed_code, preferences, tensorflow_operators, worker_drawing

MODULES = (allowed_code, preferences, tensorflow_operators, worker_drawing)
