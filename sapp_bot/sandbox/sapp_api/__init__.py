"""The stand-in of the SAPP API, after the API's own source."""
