"""What panels and operators share."""

from . import active, asked_store, jobs, paths, reruns, wanted_interventions

MODULES = (active, asked_store, jobs, paths, wanted_interventions, reruns)
