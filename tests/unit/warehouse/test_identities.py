"""Keys, logins and ids: whoever has a login, what is said is its sender's."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from warehouse.identities import Identities, made_up_id, real_id
from warehouse.records import KEY

LOGINS = st.sampled_from(["ann", "bob", "cat", "dan"])
IDS = st.sampled_from(["11", "22", "33"])


class Twitch(RuleBasedStateMachine):
    """Broadcasters who take logins, and lose them; a reader who is told, and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.who = Identities()
        self.logins: dict[str, str] = {}  # whose each is, in truth
        self.senders: dict[str, set[str]] = {}  # key to ids of those whose messages it has

    @rule(login=LOGINS, its_id=IDS)
    def takes(self, login: str, its_id: str) -> None:
        """Renamed, passed on, renamed back: a broadcaster has one login at a time."""
        self.logins = {name: of for name, of in self.logins.items() if of != its_id}
        self.logins[login] = its_id

    @rule(login=LOGINS)
    def speaks(self, login: str) -> None:
        """The id is told before the message."""
        if its_id := self.logins.get(login):
            key = self.who.key_of(login, its_id)
            assert self.who.resolve(login) == key
            self.senders.setdefault(key, set()).add(its_id)

    @rule(login=LOGINS, its_id=IDS)
    def is_imported(self, login: str, its_id: str) -> None:
        """A log of long ago, with its id: it says nothing of today."""
        before = self.who.resolve(login)
        key = self.who.key_then(login, its_id)
        if not self.who.knows(key):
            free = self.who.resolve(key) == key
            self.who.add([{"channel": key, "channel_id": its_id, "login": key if free else None}])
        self.senders.setdefault(key, set()).add(its_id)
        assert self.who.resolve(login) in (before, key)

    @rule()
    def restarts(self) -> None:
        keys = self.who._logins
        self.who = Identities(
            {"channel": k, "channel_id": self.who.id_of(k), "login": self.who.login_of(k)}
            for k in keys
        )

    @invariant()
    def messages_are_their_senders(self) -> None:
        assert all(len(ids) == 1 for ids in self.senders.values())
        sent = [of for ids in self.senders.values() for of in ids]
        assert len(sent) == len(set(sent))

    @invariant()
    def names_lead_back(self) -> None:
        keys = self.who._logins
        names = [self.who.name_of(key) for key in keys]
        assert [self.who.resolve(name) for name in names] == list(keys)
        assert all(KEY.fullmatch(name) for name in names)


Twitch.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
test_a_message_is_its_senders_whatever_logins_do = Twitch.TestCase


def test_a_channel_of_an_import_is_that_of_the_first_id_met_by_its_login() -> None:
    who = Identities([{"channel": "ann", "channel_id": None, "login": "ann"}])
    assert (who.key_of("ann", "11"), who.key_of("ann", "22")) == ("ann", "ann~22")


def test_a_made_up_id_is_none() -> None:
    who = Identities()
    assert who.key_of("sim", "99900000001") == "sim"
    assert (who.id_of("sim"), real_id(made_up_id("x")), real_id(None)) == ("", "", "")


def test_without_an_id_a_message_is_of_who_has_the_login_today() -> None:
    who = Identities()
    who.key_of("ann", "11")
    who.key_of("bob", "11")
    who.key_of("ann", "22")
    assert (who.key_of("ann"), who.key_of("bob"), who.key_of("cat")) == ("ann~22", "ann", "cat")
    assert (who.name_of("ann"), who.name_of("ann~22")) == ("bob", "ann")
