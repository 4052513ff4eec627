"""Development checks: real clients of Twitch against the stand-ins of the tests."""
