"""Where documents, chunks and vectors live: SQL is the truth, Lance is derived from it."""
