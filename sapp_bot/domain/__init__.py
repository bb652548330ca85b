"""Frozen values and the protocols between the layers. Imports no other package of the bot."""
