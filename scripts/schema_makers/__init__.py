"""What ``scripts/make_schemas.py`` writes, one file a module."""
