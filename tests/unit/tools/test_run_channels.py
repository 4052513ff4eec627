"""tools.channels and tools.run: CHANNELS becomes arguments that no shell can misread."""

import shlex

import pytest

from tests.helpers.paths import ROOT
from tools import run
from tools.channels import logins
from tools.config import RunSettings
from tools.run import addresses, as_it_is, banner, environment, source_arguments
from warehouse.errors import BadInput


@pytest.mark.parametrize(
    "word",
    [
        "some_one",
        "Some_One",
        "#some_one",
        "@some_one",
        "twitch.tv/some_one",
        "https://www.twitch.tv/Some_One",
        "http://m.twitch.tv/some_one/",
        "https://twitch.tv/some_one?referrer=raid",
        "https://www.twitch.tv/some_one#about",
    ],
)
def test_every_way_to_name_a_channel_gives_its_login(word: str) -> None:
    assert logins(word) == ["some_one"]


def test_channels_keep_their_order_and_occur_once() -> None:
    assert logins("  b a,c\tb, https://twitch.tv/A ") == ["b", "a", "c"]


def test_no_channels_is_an_empty_list() -> None:
    assert logins("  ,\n") == []


@pytest.mark.parametrize(
    "hostile",
    [
        "a;touch${IFS}owned",
        "$(touch${IFS}owned)",
        "`id`",
        "a|b",
        "a&b",
        "--help",
        "*",
        "../a",
        "a'b",
        'a"b',
        "ä",
        "name\x1b[31m",
        "\udcff",
        "x" * 26,
        "#",
        "https://www.twitch.tv/",
        "https://www.twitch.tv/videos/1",
        "https://www.twitch.tv/popout/name/chat",
        "https://example.com/name",
        "https://www.twitch.tv.example.com/name",
    ],
)
def test_what_is_no_channel_is_refused_in_one_printable_line(hostile: str) -> None:
    with pytest.raises(BadInput) as refused:
        logins(f"fine {hostile} fine2")
    assert str(refused.value).startswith("CHANNELS: ")
    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()


def test_channels_become_arguments_of_the_irc_source() -> None:
    assert shlex.split(source_arguments(["a", "b_1"])) == [
        "--source", "irc", "--channel", "a", "--channel", "b_1",
    ]  # fmt: skip


def test_without_channels_chat_is_simulated() -> None:
    assert source_arguments([]) == "--source simulate"


SETTINGS = RunSettings(dashboard_port=1111, ebs_host="127.0.0.1", ebs_port=2222)


def test_simulated_and_live_data_never_share_a_folder() -> None:
    assert environment(SETTINGS, [], {})["DLD_DATA"] == "data/simulated"
    assert environment(SETTINGS, ["a"], {})["DLD_DATA"] == "data/live"


def test_what_is_set_already_stays() -> None:
    given = {"DLD_DATA": "elsewhere", "DLD_DEVELOPMENT": "0", "DLD_EBS_SECRET": "only in .env"}
    env = environment(SETTINGS, ["a"], given)
    assert (env["DLD_DATA"], env["DLD_DEVELOPMENT"]) == ("elsewhere", "0")
    assert "only in .env" not in env.values()


def test_an_empty_value_counts_as_not_set() -> None:
    env = environment(SETTINGS, [], {"DLD_DATA": "", "DLD_DEVELOPMENT": ""})
    assert (env["DLD_DATA"], env["DLD_DEVELOPMENT"]) == ("data/simulated", "1")


def test_addresses_follow_the_settings() -> None:
    env = environment(SETTINGS, [], {})
    assert addresses(env) == {
        "dashboard": "http://127.0.0.1:1111",
        "extension preview": "http://127.0.0.1:2222/preview/",
    }


def test_an_ebs_on_every_address_is_opened_on_this_machine() -> None:
    env = environment(RunSettings(ebs_host="0.0.0.0", ebs_port=2222), [], {})
    assert addresses(env)["extension preview"] == "http://127.0.0.1:2222/preview/"


def test_outside_development_there_is_no_preview_to_open() -> None:
    env = environment(SETTINGS, [], {"DLD_DEVELOPMENT": "0"})
    assert list(addresses(env)) == ["dashboard"]


def test_the_banner_says_whose_public_chat_is_read_and_how_to_read_more() -> None:
    env = {"DLD_DATA": "my data", "SOURCE_ARGS": source_arguments(["simulate", "b"])}
    above, below = banner(env)
    assert above.startswith("DLD is reading the public chat of simulate, b, anonymously, its data")
    assert "DLD_DATA='my data' .venv/bin/python -m pipeline channels add NAME\n" in below


def test_the_banner_of_many_channels_names_the_first() -> None:
    names = [f"c{number}" for number in range(7)]
    above, _ = banner({"DLD_DATA": "d", "SOURCE_ARGS": source_arguments(names)})
    assert "chat of c0, c1, c2, c3, c4 and 2 more, anonymously" in above


def test_the_banner_of_simulated_chat_offers_no_channels() -> None:
    above, below = banner({"DLD_DATA": "d", "SOURCE_ARGS": source_arguments([])})
    assert (above, below) == ("DLD is running on simulated chat, its data in d. Open", "")


def test_data_for_scripts_have_an_address_only_where_a_port_is_set() -> None:
    env = environment(RunSettings(api_host="::1", api_port=3333), [], {})
    assert addresses(env)["data for scripts"] == "http://[::1]:3333/openapi.json"
    assert "data for scripts" not in addresses(environment(SETTINGS, [], {}))


def test_the_procfile_starts_the_processes() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    names = [line.partition(":")[0] for line in lines if not line.startswith("#")]
    assert names == ["pipeline", "ebs", "dashboard", "api"]


def test_the_banner_says_that_chat_is_read_only_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    above, _ = banner({"DLD_DATA": "d", "SOURCE_ARGS": source_arguments(["one"])})
    monkeypatch.setattr(run, "LET_IN_S", 0)
    monkeypatch.setattr(run, "has_joined", lambda _: True)
    assert as_it_is(above, {}) == above
    monkeypatch.setattr(run, "has_joined", lambda _: False)
    said = as_it_is(above, {})
    assert "is reading" not in said and "not yet reading" in said and "doctor" in said
    assert as_it_is("DLD is running on simulated chat", {}) == "DLD is running on simulated chat"
