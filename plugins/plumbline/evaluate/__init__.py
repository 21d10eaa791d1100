"""Evaluation: a suite held against typed rows, as BigQuery would judge them.

Great Expectations' own pandas engine is not used, because a pandas frame is not BigQuery: NULL and
NaN are one there, NUMERIC is a float, and a date is not equal to its text (docs/expectations.md).
The vocabulary, the arguments and the shape of results are Great Expectations'.
"""
