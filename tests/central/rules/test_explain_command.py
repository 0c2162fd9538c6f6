"""The command: files and standard input in, one line of JSON each out, and one line for each mistake."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from central.cli import explain as command
from central.rules.explain.answer import as_text, explain

SCENARIOS = Path(__file__).parent / "scenarios"


@pytest.fixture
def office() -> dict[str, Any]:
    """The input of the office week."""
    data: dict[str, Any] = json.loads((SCENARIOS / "office-week.json").read_text())["input"]
    return data


@pytest.fixture
def night() -> dict[str, Any]:
    """The input of the night cycle."""
    data: dict[str, Any] = json.loads((SCENARIOS / "night-cycle.json").read_text())["input"]
    return data


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    args = parser.parse_args(["explain", *arguments])
    status: int = args.run(args)
    return status


def _written(path: Path, data: object, **layout: Any) -> str:
    path.write_text(json.dumps(data, **layout))
    return str(path)


@pytest.mark.parametrize("layout", [{}, {"indent": 1}])
def test_a_file_gets_one_line_of_json(
    tmp_path: Path, office: dict[str, Any], capsys: pytest.CaptureFixture[str], layout: dict[str, int]
) -> None:
    """However the file is laid out, the answer is the function's, on one line."""
    assert _run(_written(tmp_path / "a.json", office, **layout)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == explain(office)


def test_several_files_are_answered_in_order(
    tmp_path: Path, office: dict[str, Any], night: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each, as they were named."""
    files = [_written(tmp_path / "z.json", office), _written(tmp_path / "a.json", night, indent=2)]
    assert _run(*files) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answers == [explain(office), explain(night)]


def test_a_mistake_is_one_line_and_no_result(
    tmp_path: Path, office: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The place stands first; nothing else is written, and the status is 2."""
    office["shifts"]["office"]["days"]["mon"]["report"] = "25:00"
    del office["period"]["end"]
    assert _run(_written(tmp_path / "a.json", office)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "period.end: missing",
        'shifts.office.days.mon.report: "25:00" is not a time of day',
    ]


def test_of_several_files_the_good_ones_are_answered(
    tmp_path: Path, office: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake names its file, and the others still get their answers."""
    good = _written(tmp_path / "good.json", office)
    bad = _written(tmp_path / "bad.json", {**office, "more": 1})
    assert _run(bad, good) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err.splitlines()[0] == f"{bad}: more: unknown key"


def test_json_lines_are_answered_line_by_line(
    tmp_path: Path, office: dict[str, Any], night: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Empty lines are passed over, and a mistake names its line."""
    lines = [json.dumps(office), "", json.dumps({**night, "more": 1}), json.dumps(night)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines) + "\n")
    assert _run(str(tmp_path / "many.jsonl")) == 2
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [explain(office), explain(night)]
    assert "line 3: more: unknown key" in err.splitlines()


def test_a_dash_is_standard_input(office: dict[str, Any], night: dict[str, Any]) -> None:
    """Scenarios may be piped into the real command, laid out over many lines or one on each."""
    for piped, answers in [
        (json.dumps(office, indent=1), [explain(office)]),
        (f"{json.dumps(office)}\n{json.dumps(night)}\n", [explain(office), explain(night)]),
    ]:
        command_line = [sys.executable, "-m", "central.cli", "explain", "-"]
        done = subprocess.run(command_line, input=piped, capture_output=True, text=True, check=True)
        assert [json.loads(line) for line in done.stdout.splitlines()] == answers


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path, office: dict[str, Any]) -> None:
    """`explain ... | head` ends without a word, however much is still to come."""
    (tmp_path / "many.jsonl").write_text((json.dumps(office) + "\n") * 100)
    command_line = [sys.executable, "-m", "central.cli", "explain", str(tmp_path / "many.jsonl")]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert "Error" not in process.stderr.read()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{", "not valid JSON: expecting property name enclosed in double quotes at line 1 column 2"),
        ('{"a":}', "not valid JSON: expecting value at line 1 column 6"),
        ("", "not valid JSON: expecting value at line 1 column 1"),
        ("[" * 100_000, "not valid JSON: nested too deeply"),
        ("1" * 5000, "not valid JSON: a number has too many digits"),
        ("[]", "scenario: a list is not an object"),
    ],
)
def test_what_is_no_json_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, mistake: str
) -> None:
    """One line, with line and column."""
    (tmp_path / "a.json").write_text(text)
    assert _run(str(tmp_path / "a.json")) == 2
    assert capsys.readouterr().err == mistake + "\n"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, a folder, or no text."""
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff\xe0")
    assert _run(str(tmp_path / "none.json"), str(tmp_path), str(tmp_path / "picture")) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path}/none.json: no such file or directory",
        f"{tmp_path}: is a directory",
        f"{tmp_path}/picture: not text in UTF-8",
    ]


def test_advice_on_a_shift_is_told_once(
    tmp_path: Path, office: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A large minimum is warned of on stderr, once however many scenarios share it, and the status is 0."""
    file = _written(tmp_path / "a.json", office)
    assert _run(file, file) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "advice on shift office: days.mon, days.tue, days.wed, days.thu, days.fri: min_overtime 10: "
    )


def test_the_text_is_what_people_read(
    tmp_path: Path, office: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--format text` writes the table and the sentences, with an empty line between answers."""
    file = _written(tmp_path / "a.json", office)
    assert _run(file, file, "--format", "text") == 0
    told = as_text(explain(office))
    assert capsys.readouterr().out == f"{told}\n\n{told}\n\n"
