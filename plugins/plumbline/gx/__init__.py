"""Integration with Great Expectations: a plumbline project works as a plain GX project.

Importing ``plumbline.gx.register`` registers the datasource and the expectations with GX.
"""
