"""Switch neurons and compare what the network does without them."""
