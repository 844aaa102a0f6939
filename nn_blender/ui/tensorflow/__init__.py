"""Panels and operators about TensorFlow: set-up, preferences, the worker."""

from . import allowed_code, preferences, tensorflow_operators, worker_panel

MODULES = (allowed_code, preferences, tensorflow_operators, worker_panel)
