"""Measurements that anyone can repeat, run as ``python -m benchmarks.NAME`` from the root of the project.

Each prints a table and writes its values, question by question, with a description of the machine, to ``results/``.
Data sets are found through the environment variable ``WHENCE_TEST_DATA``; whatever else is needed is an argument.
"""
