"""Feature maps, summaries, close-ups and the pictures they are cut from."""
