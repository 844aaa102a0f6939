"""Where everything stands, how large it is, and what it may cost."""
