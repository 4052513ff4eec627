"""Recaps: what a stream was like, told to a webhook once it is over."""
