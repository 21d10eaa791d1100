"""What runs cost on BigQuery: bytes billed, what a month comes to, and what sharing would save.

Pure, but for `plumbline.history.cost.history`, which reads the outcomes table.
"""
