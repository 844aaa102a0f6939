"""What is changed in a network while it runs, and what that does to its answers."""
