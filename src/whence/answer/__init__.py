"""Turns hits into an answer whose every claim is cited."""
