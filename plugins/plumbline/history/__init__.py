"""The history of outcomes, incidents and deliveries, in the dataset ``plumbline`` of a target.

Rows are only appended. Each has an event id that doesn't depend on the writer, so a row that is
written twice counts once.
"""
