"""Evaluation of a suite on typed rows, with the same results as in BigQuery.

Great Expectations' pandas engine is not used, because a pandas frame differs from BigQuery: NULL
and NaN are the same, NUMERIC is a float, and a date never equals its text (docs/expectations.md).
The vocabulary, the arguments and the shape of results are Great Expectations'.
"""
