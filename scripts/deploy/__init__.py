"""Puts plumbline to work on Google Cloud, and shows that it works there. See docs/deploy.md."""
