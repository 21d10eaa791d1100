"""HTTP: requests with a deadline, credentials, secrets, and which failures are transient."""
