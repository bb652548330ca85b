"""A local Telegram: an MTProto server on loopback, for unmodified clients."""
