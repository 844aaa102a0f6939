"""Ask about single neurons."""
