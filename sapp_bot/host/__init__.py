"""The plugin host, in five rooms; each may import those above it.

- `runtime`: runs somebody else's code safely; knows no plugin API.
- `authoring`: what a plugin author touches; `sapp_bot` re-exports it.
- `routing`: from declarations and typed text to something callable.
- `pipeline`: one update, from its arrival to the delivered reply.
- `lifecycle`: a plugin file's life; skip it to learn how a message is answered.

`settings` holds what all of them may know.
"""
