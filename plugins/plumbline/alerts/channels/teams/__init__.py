"""Microsoft Teams: an adaptive card per message, by the webhook of a workflow."""
