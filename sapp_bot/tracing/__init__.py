"""Records what becomes of each update as an OpenTelemetry trace. Imported where it is on."""
