"""The service layer over the SAPP API: errors, models, wire, client, services."""
