"""Measures a system under test on suites of questions: records, runner, comparison, reports.

Knows nothing of how whence is built: the system, histories and indexes come in as arguments (``protocols.py``).
"""
