"""Findings for people, for machines and for GitHub."""
