"""Frame rates of timelines, and their timecodes, with and without drop frame."""

from dataclasses import dataclass
from fractions import Fraction

DAY_H = 24  # a timecode has no 25th hour


@dataclass(frozen=True)
class FrameRate:
    """A timeline's frame rate. base: frames that a second of timecode counts. ntsc: frames last
    1001/1000 as long as `base` says. drop: labels are left out, so that timecode keeps step with
    the clock; no frame is.
    """

    base: int
    ntsc: bool = False
    drop: bool = False

    @property
    def frame_s(self) -> Fraction:
        """Seconds that a frame lasts."""
        return Fraction(1001 if self.ntsc else 1000, 1000 * self.base)

    def frames(self, seconds: float) -> int:
        """The frame at that second, the nearest one."""
        return round(Fraction(seconds) / self.frame_s)

    def timecode(self, frames: int, first_h: int = 0) -> str | None:
        """Label of a frame counted from first_h:00:00:00; None past the last one of a day.

        Drop frame leaves out the first 2 labels (of 60 a second: 4) of every minute but each
        tenth, and has ';' before the frames. Source: SMPTE ST 12-1.
        """
        labels = self._labels(frames) + first_h * 3600 * self.base
        seconds, frame = divmod(labels, self.base)
        if seconds >= DAY_H * 3600:
            return None
        mark = ";" if self.drop else ":"
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{clock}{mark}{frame:02d}"

    def _labels(self, frames: int) -> int:
        """How many labels come before that frame's, those left out among them."""
        if not self.drop:
            return frames
        left_out = self.base // 15
        tens, rest = divmod(frames, 600 * self.base - 9 * left_out)
        minutes = max(0, rest - left_out) // (60 * self.base - left_out)
        return frames + left_out * (9 * tens + minutes)


RATES = {
    "23.976": FrameRate(24, ntsc=True),
    "24": FrameRate(24),
    "25": FrameRate(25),
    "29.97": FrameRate(30, ntsc=True),
    "29.97 drop frame": FrameRate(30, ntsc=True, drop=True),
    "30": FrameRate(30),
    "50": FrameRate(50),
    "59.94": FrameRate(60, ntsc=True),
    "59.94 drop frame": FrameRate(60, ntsc=True, drop=True),
    "60": FrameRate(60),
}
USUAL_RATE = "60"  # most streams are sent so
