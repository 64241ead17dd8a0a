"""Model files that the program carries, one folder a model, with a card in each. No code."""
