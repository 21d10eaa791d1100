"""Channels: they render and deliver, and decide nothing. A folder each, with its transport."""
