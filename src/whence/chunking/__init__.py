"""Cuts documents into the spans that are searched."""
