"""What panels and operators share."""

from . import active, asked_store, input_sizes, jobs, paths, reruns, wanted_interventions

MODULES = (active, asked_store, input_sizes, jobs, paths, wanted_interventions, reruns)
