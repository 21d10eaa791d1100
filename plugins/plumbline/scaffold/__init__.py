"""Scaffolding: writes a new monitor or project. It writes all files or none and overwrites nothing.

Used by ``plumbline new`` and ``plumbline init``.
"""
