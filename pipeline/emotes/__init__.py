"""Emote catalogues of each channel: Twitch's own, and those of BTTV, FFZ and 7TV."""

from pipeline.emotes.catalogues import Catalogues as Catalogues
from pipeline.emotes.catalogues import catalogues_for as catalogues_for
