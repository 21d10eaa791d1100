"""What was found and said, kept in the warehouse: the dataset ``plumbline`` of a target.

Outcomes, incidents, deliveries and the state between runs are rows that are only ever appended,
each with an event id that does not depend on who writes it: a row that was written twice counts
once.
"""
