"""What panels and operators share."""

from . import active, asked_store, half_steps, input_sizes, jobs, knowing, paths, reruns, rooms, wanted_interventions

MODULES = (active, rooms, asked_store, input_sizes, jobs, knowing, paths, wanted_interventions, reruns, half_steps)
