"""Values without I/O: statuses, outcomes, group keys, instants, errors, text."""
