"""Slack: what is sent (`render`), how (`transport`), and the two channels (`channel`)."""
