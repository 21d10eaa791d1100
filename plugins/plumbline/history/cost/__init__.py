"""What runs cost on BigQuery: bytes billed, what a month comes to, and what sharing would save."""
