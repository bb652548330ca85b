"""The wire protocol: framing, encryption, key exchange, containers, sessions."""
