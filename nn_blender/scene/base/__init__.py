"""What everything in the scene rests on: names, finding and making parts, meshes, themes, Blender versions."""
