"""Serving: the REST service over one data folder, with access control, logs, feedback and metrics."""
