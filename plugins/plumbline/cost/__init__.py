"""What runs cost on BigQuery: bytes billed, what a month comes to, and what sharing would save.

Pure, but for `plumbline.cost.history`, which reads the outcomes table.
"""
