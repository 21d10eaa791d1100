"""E-mail: a message per run by SMTP, in plain text and HTML."""
