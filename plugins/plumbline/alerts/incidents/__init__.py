"""Incidents: what is wrong since when, and what there is to say about it.

A pure decision: (what we knew, what we see, now) -> what to say, with a named reason. Nothing here
reads a clock, a file or the network; `plumbline.alerts` does that around it.
"""
