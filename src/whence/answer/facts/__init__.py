"""Exact answers from the history: who, when, which commit, how many, what changed, where defined. No model is asked."""
