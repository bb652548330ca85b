"""An embedded Redis server, and a proxy that counts commands and injects faults."""
