"""Twenty checks of five tables: as suites over tables, dbt tests, Soda checks and in plain GX."""
