"""The Redis server as seen from here: one connection, what its errors mean, and what it is."""
