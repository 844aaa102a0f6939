"""Panels and operators about TensorFlow: set-up, preferences, the worker."""

from . import preferences, tensorflow_operators, worker_panel

MODULES = (preferences, tensorflow_operators, worker_panel)
