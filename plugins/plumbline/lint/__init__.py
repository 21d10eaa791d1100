"""Lint: what is wrong with a project's files, said before anything runs.

``plumbline lint`` is its only user. It reads what the runner will read and judges nothing by
exceptions: every fault of every file is a finding with a file, a line and a fix.
"""
