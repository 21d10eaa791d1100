"""Makes the private hosting of the data docs site: a bucket, and a web server behind a login."""
