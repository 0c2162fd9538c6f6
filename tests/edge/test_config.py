"""Promises of edge.toml: every mistake is told, with its place, and nothing starts on a wrong file."""

from pathlib import Path

import pytest

from edge.cli import EX_CONFIG, main
from edge.config import load
from ground.settings import SettingsError

GOOD = """
[edge]
id = "pune-01"
state_dir = "{state}"

[broker]
host = "127.0.0.1"
port = 1884

[[reader]]
name = "dock"
kind = "serial-rfid"
device = "/dev/ttyUSB0"
format = "rdm6300"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(text.replace("{state}", str(folder)))
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(SettingsError) as refused:
        load(path)
    return [line.removeprefix(f"{path}: ") for line in refused.value.mistakes]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    """What is written is what is built; what is not written has its default."""
    config = load(write(tmp_path, GOOD))
    assert (config.edge.id, config.broker.port, config.outbox.keep_days) == ("pune-01", 1884, 60)
    assert [(it.name, it.kind) for it in config.readers] == [("dock", "serial-rfid")]
    assert config.outbox_path == tmp_path / "outbox.db"


def test_the_hash_follows_the_file(tmp_path: Path) -> None:
    """Central sees from the birth that a configuration changed."""
    before = load(write(tmp_path, GOOD)).hash
    assert load(write(tmp_path, GOOD)).hash == before
    assert load(write(tmp_path, GOOD + "# \n")).hash != before


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One look at the output is enough to mend the whole file."""
    told = mistakes(
        tmp_path,
        """
        [edge]
        id = "Pune 01"
        state_dri = "/x"
        [broker]
        port = "1883"
        password_file = "/does/not/exist"
        [outbox]
        keep_days = 0
        [[reader]]
        name = "dock"
        kind = "serial-rfdi"
        [[reader]]
        kind = "serial-rfid"
        device = "/dev/ttyUSB0"
        format = "rdm6300"
        bawd = 9600
        """,
    )
    places = [line.split(":")[0] for line in told]
    assert places == [
        "edge.state_dri",
        "edge.id",
        "broker.host",
        "broker.port",
        "outbox.keep_days",
        "reader[1].kind",
        "reader[2].name",
        "reader[2].bawd",
    ]
    assert told[0].endswith('did you mean "state_dir"?')
    assert 'did you mean "serial-rfid"?' in told[5]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("[edge", "not valid TOML"),
        ("edge = 3\n[broker]\nhost='h'", "edge: expected a table, got 3"),
        (
            GOOD + "[[reader]]\nname='dock'\nkind='serial-rfid'\ndevice='/dev/x'\nformat='rdm6300'",
            "is the name of another reader",
        ),
        (
            GOOD + "[[reader]]\nname='gate'\nkind='zkteco'\naddress='10.0.0.9'\n"
            "[[reader]]\nname='door'\nkind='zkteco'\naddress='10.0.0.9'",
            '"gate" has the terminal at 10.0.0.9 port 4370 already',
        ),
        (GOOD.replace("port = 1884", "cert = '/dev/null'"), "give both or none"),
        (GOOD.replace("port = 1884", "password_file = '/dev/null'"), "broker.user: missing"),
        (GOOD.replace("port = 1884", "ca = '/no/ca.pem'"), "broker.ca: /no/ca.pem cannot be read"),
        (GOOD.replace("port = 1884", "prefix = 'a//b'"), "broker.prefix"),
        (
            "reader = 5\n" + GOOD.partition("[[reader]]")[0],
            "write each reader as a [[reader]] section",
        ),
    ],
)
def test_each_mistake_names_its_place(tmp_path: Path, wrong: str, told: str) -> None:
    """A wrong value, a wrong shape, a file that is not there: each has its own line."""
    assert any(told in line for line in mistakes(tmp_path, wrong))


def test_the_command_exits_78_and_prints_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Systemd and people both understand a configuration error."""
    assert main(["--config", str(tmp_path / "none.toml"), "check-config"]) == EX_CONFIG
    assert capsys.readouterr().err == f"{tmp_path / 'none.toml'}: no such file\n"
    assert main(["--config", str(write(tmp_path, "[edge]")), "check-config"]) == EX_CONFIG
    assert capsys.readouterr().err.count("\n") == 2
    assert main(["--config", str(write(tmp_path, GOOD)), "check-config"]) == 0
