"""What the scene holds of the samples: their outputs, and which frame shows which."""
