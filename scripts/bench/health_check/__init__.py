"""How long a health check takes, against the least that its five queries could take."""
