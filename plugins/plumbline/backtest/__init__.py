"""Suites changed without fear: what the last months would have brought, before anything is merged.

``plumbline backtest`` lives a schedule through once more (`run`), ``plumbline calibrate`` proposes
thresholds from what was observed, ``plumbline impact`` says what a change would have alerted. The
incidents are decided by `plumbline.alerts.incidents`, exactly as those of live runs are.
"""
