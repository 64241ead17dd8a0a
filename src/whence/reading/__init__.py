"""Reading question and passage together with a model."""
