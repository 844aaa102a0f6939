"""Choose samples and measure a network with them."""
