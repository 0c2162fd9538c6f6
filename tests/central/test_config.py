"""central.toml: understood as a whole, or every mistake told with its place."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from central.config import load
from central.rules.plan import Options
from ground.settings import SettingsError

GOOD = """
[central]
timezone = "Asia/Kolkata"
database = "{folder}/ledger.db"

[broker]
host = "127.0.0.1"

[[branch]]
edge = "pune-01"
name = "Pune"

[[branch]]
edge = "berlin"
timezone = "Europe/Berlin"
"""

EXPORT = '[[export]]\nname = "hrms"\n{}\n[broker]'


def test_branches_live_in_their_own_zone_or_the_organizations(tmp_path: Path) -> None:
    """An edge that is not listed is no mistake: it lives where the organization does."""
    (tmp_path / "central.toml").write_text(GOOD.format(folder=tmp_path))
    config = load(tmp_path / "central.toml")
    zones = {edge: config.zones.of(edge) for edge in ("pune-01", "berlin", "unheard-of")}
    assert config.edges == ("pune-01", "berlin")
    assert zones == {
        "pune-01": ZoneInfo("Asia/Kolkata"),
        "berlin": ZoneInfo("Europe/Berlin"),
        "unheard-of": ZoneInfo("Asia/Kolkata"),
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"Asia/Kolkata"', '"Asia/Kolkatta"'), 'central.timezone: "Asia/Kolkatta" is no time zone; did you'),
        (('"Asia/Kolkata"', '"../etc/passwd"'), 'central.timezone: "../etc/passwd" is no time zone'),
        (('timezone = "Asia/Kolkata"', ""), "central.timezone: missing"),
        (("database", "data_base"), 'central.data_base: unknown key; did you mean "database"?'),
        (("{folder}/ledger.db", "mysql://db/x"), "central.database: mysql is no database"),
        (("{folder}/ledger.db", "postgresql://a:b@db/x"), "central.database: put the password into a file"),
        (("[broker]", 'database_password_file = "/nowhere"\n[broker]'), "/nowhere cannot be read"),
        (("[broker]", 'log_level = "loud"\n[broker]'), "central.log_level: 'loud' is none of"),
        (("[broker]", 'share = "north"\n[broker]'), "central.share: several centrals need a PostgreSQL"),
        (("[broker]", '[broker]\nprefix = "a//b"'), "broker.prefix:"),
        (("[broker]", '[broker]\nca = "/nowhere"'), "broker.ca: /nowhere cannot be read"),
        (('"Europe/Berlin"', '"Europe"'), "branch[2].timezone:"),
        (('"berlin"', '"pune-01"'), 'branch[2].edge: "pune-01" is the edge of branch[1] already'),
        (('"berlin"', '"Berlin!"'), "branch[2].edge:"),
        (("[broker]", EXPORT.format('kind = "htpp"')), "export[1].kind: no kind of exporter"),
        (("[broker]", EXPORT.format('kind = "http"\nurl = "x"')), "export[1].secret_file: missing"),
        (("[broker]", EXPORT.format('kind = "http"\nwhat = ["pay"]')), "export[1].what:"),
        (("[broker]", EXPORT.format('kind = "http"\nsecret_fil = "x"')), 'did you mean "secret_file"?'),
        (
            ("[broker]", "[rules]\ndedupe_seconds = 3601\n[broker]"),
            "rules.dedupe_seconds: 3601 is not from 0 to 3600",
        ),
        (
            ("[broker]", "[rules]\njust_seconds = -1\n[broker]"),
            "rules.just_seconds: -1 is not from 0 to 3600",
        ),
        (
            ("[broker]", "[rules]\ncarry_hours = 48.5\n[broker]"),
            "rules.carry_hours: 48.5 is not from 0 to 48",
        ),
        (
            ("[broker]", "[rules]\nearly_margin_hours = nan\n[broker]"),
            "rules.early_margin_hours: nan is not from",
        ),
        (("[broker]", '[rules]\ncarry_hours = "16"\n[broker]'), "rules.carry_hours: '16' is wrong"),
        (("[broker]", "[rules]\ndedup_seconds = 5\n[broker]"), 'unknown key; did you mean "dedupe_seconds"?'),
        (("[central]", "[centre]"), 'centre: unknown key; did you mean "central"?'),
        (("[central]", "[central"), "not valid TOML"),
    ],
)
def test_mistake_is_told_with_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    """Each mistake names the file, the key and what would be right."""
    path = tmp_path / "central.toml"
    path.write_text(GOOD.replace(*change).replace("{folder}", str(tmp_path)))
    with pytest.raises(SettingsError) as refused:
        load(path)
    assert any(told in mistake for mistake in refused.value.mistakes), refused.value.mistakes
    assert all(mistake.startswith(str(path)) for mistake in refused.value.mistakes)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody has to start central once for each mistake."""
    path = tmp_path / "central.toml"
    path.write_text(
        GOOD.replace("Asia/Kolkata", "nowhere")
        .replace("{folder}/ledger.db", "mysql://x/y")
        .replace("berlin", "pune-01")
    )
    with pytest.raises(SettingsError) as refused:
        load(path)
    assert len(refused.value.mistakes) == 3


def test_the_rules_of_the_organization_reach_the_engine_in_seconds(tmp_path: Path) -> None:
    """Each key of [rules] has its own unit; without the section the specification's numbers hold."""
    path = tmp_path / "central.toml"
    path.write_text(GOOD.format(folder=tmp_path))
    assert load(path).options == Options(zone="Asia/Kolkata")
    keys = "dedupe_seconds = 0\njust_seconds = 60\ncarry_hours = 1.5\nearly_margin_hours = 24"
    path.write_text(GOOD.format(folder=tmp_path) + f"\n[rules]\n{keys}\n")
    assert load(path).options == Options("Asia/Kolkata", 0, 60, 5400, 86400)


def test_password_of_the_database_comes_from_a_file(tmp_path: Path) -> None:
    """The configuration itself holds no secret."""
    (tmp_path / "secret").write_text("s3cret\n")
    text = GOOD.replace("{folder}/ledger.db", "postgresql://pw@db/x").replace(
        "[broker]", f'database_password_file = "{tmp_path}/secret"\n[broker]'
    )
    (tmp_path / "central.toml").write_text(text)
    assert load(tmp_path / "central.toml").database_password == "s3cret"  # noqa: S105 - a test's
