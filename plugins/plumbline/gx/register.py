"""Makes our classes known to GX, which learns of a class when its module is imported."""

import plumbline.evaluate.expectations.metric_between
import plumbline.evaluate.expectations.metric_history
import plumbline.evaluate.expectations.no_failing_rows
import plumbline.evaluate.expectations.of_tables
import plumbline.gx.alert_action
import plumbline.gx.datasource
import plumbline.gx.docs_action  # noqa: F401 - GX registers it by its metaclass
