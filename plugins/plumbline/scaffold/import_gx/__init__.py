"""Conversion of a project of Great Expectations into files of a plumbline project.

Used by ``plumbline import gx``. Great Expectations is not imported, so a project of any version can
be read, and the project itself is never changed.
"""
