"""Suites over a table: BigQuery computes what each expectation needs, in one statement.

Free of Great Expectations, so that the statement is on its way before that is imported. Used where
jobs are compiled (`plumbline.run.compiling`) and where their rows are evaluated
(`plumbline.evaluate.table_suite`).
"""
