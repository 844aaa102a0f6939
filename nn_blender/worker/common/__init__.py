"""Events and caches."""
