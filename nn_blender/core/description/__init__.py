"""The description of a network in a scene: all that is known of it without worker and model file."""
