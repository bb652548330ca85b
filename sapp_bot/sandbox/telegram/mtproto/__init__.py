"""The MTProto protocol: framing, encryption, key exchange, containers, sessions."""
