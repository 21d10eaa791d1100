"""A run: runs monitors, collects their outcomes, and builds the report."""
