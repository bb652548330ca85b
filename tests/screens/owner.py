"""The way in user mode: the owner of an account, in Saved Messages, where no buttons are."""

from __future__ import annotations

from .walk import PASSWORD, shot

OWNER_NAME = "anna"
"""The first person of the sandbox, whose account the bot works on."""

OWNER = (
    shot("owner: settings", "/settings {language}"),
    shot("owner: start", "/start"),
    shot("owner: help", "/help"),
    shot("owner: a choice by its number", "/settings", "3"),
    shot("owner: register", "/register {person}_{language}@example.com", PASSWORD, PASSWORD),
    shot("owner: registered", "yes"),
    shot("owner: new client", "/newclient My shop", "*", "yes"),
    shot("owner: client", "/client"),
    shot("owner: rates", "/rates"),
    shot("owner: conversion", "/convert 100 usd to eur"),
    shot("owner: a typed sum is left alone", "100 usd to eur", is_silent=True),
    shot("owner: chart", "/chart EUR 30d"),
    shot("owner: alert", "/alert EUR/USD above 2"),
    shot("owner: nothing is sold", "/buy"),
    shot("owner: unknown command", "/regster"),
    shot("owner: plugins", "/plugins"),
    shot("owner: logout", "/logout"),
)
