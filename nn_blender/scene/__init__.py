"""A network as Blender data-blocks, made and read through bpy.data alone."""
