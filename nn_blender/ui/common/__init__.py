"""What panels and operators share."""

from . import active, jobs, reruns

MODULES = (active, jobs, reruns)
