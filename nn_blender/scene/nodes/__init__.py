"""Node groups, one file each, wired by code so that they can be read and reviewed."""
