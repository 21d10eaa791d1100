"""The types of plumbline's own expectations, and what plumbline adds to their arguments."""

from __future__ import annotations

OURS = "expect_metric_to_be_between"
FOLLOWS_HISTORY = "expect_metric_to_follow_history"
NO_FAILING_ROWS = "expect_no_failing_rows"
FOREIGN_KEY = "expect_foreign_key_to_exist"
IS_FRESH = "expect_table_to_be_fresh"
SAME_SCHEMA = "expect_schema_not_to_change"
USUAL = "usual"
"""Among arguments that `plumbline.checks.in_force` has put in: what judged, in words."""
