"""GitHub: an issue for each incident, opened, commented and closed by the REST API."""
