"""Many live runs in one process, and whether anything grows: see `cli`."""
