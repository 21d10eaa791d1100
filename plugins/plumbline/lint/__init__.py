"""Lint: finds errors in a project's files before anything runs.

Used only by ``plumbline lint``. It reads the same files as the runner. Every fault is a finding
with a file, a line and a fix, instead of an exception.
"""
