"""Alerts: from decided changes to messages, an outbox that loses none, and the state between runs.

The decision itself is `plumbline.incidents`, the delivery `plumbline.channels`; this room joins
them to the state, which lives in the warehouse (`store`), so that a container without a disk works.
"""
