"""Our expectations, a file each. What judges is apart from what GX needs to know."""
