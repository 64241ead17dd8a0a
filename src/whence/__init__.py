"""Answers about a software project or a document corpus, with citations."""
