"""What a user can do: each use case once, for the interface, the command line and tests alike."""
