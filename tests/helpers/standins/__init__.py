"""Servers on loopback that speak Twitch's protocols, and misbehave when told to."""
