"""Slack: what it is told (`render`), how (`transport`), and the two channels (`channel`)."""
