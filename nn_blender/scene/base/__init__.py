"""What everything in the scene rests on: names, finding parts, meshes, colours, Blender versions."""
