"""Blender's side of the worker: processes, requests, events and jobs. Knows no bpy and no TensorFlow."""
