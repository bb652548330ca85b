"""An embedded Redis server, and a proxy that watches and disturbs a connection."""
