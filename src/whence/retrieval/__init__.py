"""Finds the chunks that answer a question."""
