"""Maps that explain answers: over the inputs, and beside them a card for every class."""
