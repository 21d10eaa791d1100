"""Runs the demo season day by day and builds its data docs: see `cli`."""
