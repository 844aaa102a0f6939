"""What enters a network, drawn before its first layer."""
