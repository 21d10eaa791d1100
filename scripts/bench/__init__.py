"""Benchmarks: what plumbline takes, beside a reference, and whether that grows."""
