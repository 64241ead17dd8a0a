"""Monitoring: what a running service tells about itself."""
