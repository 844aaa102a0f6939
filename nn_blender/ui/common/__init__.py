"""What panels and operators share."""

from . import active, asked_store, jobs, reruns, wanted

MODULES = (active, asked_store, jobs, wanted, reruns)
