"""Room for uploaded logs: Streamlit keeps them in memory until their page is closed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.runtime import get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from warehouse.config import UploadSettings

_OF_ONE, _IN_ALL = 2, 4  # logs of the largest size in memory: of a person, of all


class UploadRoom:
    """Uploads under way, and those whose sessions still have them; by person."""

    def __init__(self) -> None:
        self._coming: Counter[str] = Counter()
        self._owners: dict[str, str] = {}  # of sessions that have uploaded

    @contextmanager
    def taken(self, person: str, session: str) -> Iterator[str]:
        """'' while an upload may come; else why not."""
        reason = self._reason(person)
        if not reason:
            self._owners[session] = person
            self._coming[person] += 1
        try:
            yield reason
        finally:
            if not reason:
                self._coming -= Counter([person])

    def _reason(self, person: str) -> str:
        """One that comes counts as of the largest size."""
        most = UploadSettings().mb << 20
        held = self._held()
        for name, n in self._coming.items():
            held[name] += n * most
        if held[person] + most > _OF_ONE * most:
            return "other pages of yours hold uploads: close them first"
        if held.total() + most > _IN_ALL * most:
            return "too many logs are being uploaded: try again in a few minutes"
        return ""

    def _held(self) -> Counter[str]:
        """Bytes by person."""
        manager = get_instance().uploaded_file_mgr
        assert isinstance(manager, MemoryUploadedFileManager)
        storage = dict(manager.file_storage)
        self._owners = {s: person for s, person in self._owners.items() if s in storage}
        held: Counter[str] = Counter()
        for session, files in storage.items():
            size = sum(len(file.data) for file in list(files.values()))
            held[self._owners.get(session, "")] += size
        return held
