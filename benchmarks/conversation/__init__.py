"""Conversations: how often follow-up questions are understood."""
