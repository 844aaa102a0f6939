"""What the worker can be asked for: a class per request, one per answer, and their documentation."""
