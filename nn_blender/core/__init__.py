"""What a network is: plain data shared by Blender's side and the worker. Standard library and numpy only."""
