"""The glue into Great Expectations: what makes a plumbline project a plain GX project.

Importing ``plumbline.gx.register`` registers the datasource and the expectations with GX.
"""
