"""From evaluated expectations to an outcome: bounds, groups, baselines and the one judge."""
