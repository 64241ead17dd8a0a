"""Measures of quality as pure functions: one file a metric, each with its source."""
