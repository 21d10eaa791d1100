"""Google Chat: a card per message, by the webhook of a space."""
