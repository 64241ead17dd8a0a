"""Finds the chunks that answer a question: analysis, four legs, fusion. Reads an ``Index``, writes nothing."""
