"""Lets others look at the running bot: /livez, /readyz and /metrics. Imported where it is on."""
