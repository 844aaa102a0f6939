"""What panels and operators share."""

from . import active, asked_store, jobs, reruns

MODULES = (active, asked_store, jobs, reruns)
