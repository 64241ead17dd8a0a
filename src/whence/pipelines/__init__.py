"""The stages put together, one readable file for each thing the product does."""
