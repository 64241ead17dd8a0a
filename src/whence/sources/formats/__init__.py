"""Reading formats of documents: one file a format."""
