"""Measures of retrieval, answers, confidence and speed: pure functions of their arguments, one file a metric.

Each scores one question; means, intervals and comparisons are made from those values, never the other way round.
The measures of a ranking take ids, best first, without repetitions, and raise ``ValueError`` on a repeated id or on a
question without anything relevant (such a question has no value, not the value 0). Nothing here reads files or
knows a data set.
"""
