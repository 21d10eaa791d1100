"""A run: monitors to outcomes, outcomes to a report."""
