"""What panels and operators share."""

from . import active, asked_store, jobs, reruns, wanted_interventions

MODULES = (active, asked_store, jobs, wanted_interventions, reruns)
