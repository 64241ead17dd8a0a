"""What models are trained on, and how: data and settings. The loops, which need torch, are in ``backends``."""
