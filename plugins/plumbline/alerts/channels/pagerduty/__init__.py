"""PagerDuty: an event for each incident, by the Events API v2."""
