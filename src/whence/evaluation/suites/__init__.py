"""Suites, one file each: a module here with a constant ``SUITE`` is found by ``evaluation.discovery``."""
