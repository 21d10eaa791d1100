"""The demo season lived through run by run, and the data docs that come of it: see `cli`."""
