"""Backtests: replay schedules over past data, propose thresholds, and compare two revisions.

``plumbline backtest`` replays a schedule, ``plumbline calibrate`` proposes thresholds from observed
values, and ``plumbline impact`` shows what a change would have alerted. Incidents are decided by
`plumbline.alerts.incidents`, as in live runs.
"""
