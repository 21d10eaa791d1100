"""Alerts: incidents, messages, an outbox for retries, and the state between runs.

`incidents` decides, `channels` delivers. The state is in the warehouse (`store`), so a container
needs no disk.
"""
