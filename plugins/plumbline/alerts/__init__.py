"""Alerts: from decided changes to messages, an outbox that loses none, and the state between runs.

`incidents` decides, `channels` deliver. This room joins them to the state, which lives in the
warehouse (`store`), so that a container without a disk works.
"""
