"""Judgements that need a model or a server: whether two answers mean the same, whether a text bears out a claim."""
