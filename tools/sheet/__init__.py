"""The contact sheet of networks: what `tools/dev.py sheet` runs in the worker's environment and in Blender's."""
