"""An MTProto server on loopback, for unmodified clients."""
