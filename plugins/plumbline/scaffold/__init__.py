"""New files: a monitor of a project, or a project. All are written or none, and never over others.

Used by ``plumbline new`` and ``plumbline init``.
"""
