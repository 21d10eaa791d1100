"""Checks: evaluated expectations become an outcome, by thresholds, groups and baselines."""
