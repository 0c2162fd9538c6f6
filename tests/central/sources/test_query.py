"""People listed by another system's database."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from central.sources.query import Database, query_in, read_query
from central.sources.table import SourceError
from tests.central.postgres import Postgres


@pytest.fixture
def hrms(tmp_path: Path) -> Path:
    """The HRMS's own database."""
    path = tmp_path / "hrms.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE staff (id TEXT, name TEXT, dept TEXT, joined TEXT, card INTEGER)")
        connection.execute("INSERT INTO staff VALUES ('E1', 'Asha', 'QC', '2026-01-05', 9334109)")
        connection.execute("INSERT INTO staff VALUES ('E2', 'Bina', NULL, NULL, NULL)")
    connection.close()
    return path


def test_answer_of_a_query_is_a_list_of_people(hrms: Path) -> None:
    """Its columns are called as in a file, nothing is an empty cell, and rows are numbered."""
    query = "SELECT id AS employee_id, name, dept AS department, joined AS joining_date FROM staff"
    table = read_query(Database(url=f"sqlite:///{hrms}", query=query))
    assert table.header == ["employee_id", "name", "department", "joining_date"]
    assert table.rows == [(1, ["E1", "Asha", "QC", "2026-01-05"]), (2, ["E2", "Bina", "", ""])]


def test_dates_of_a_real_server_become_text(postgres: Postgres) -> None:
    """Dates, times, numbers and colons in the query itself come through PostgreSQL as they should."""
    url = postgres.create("hrms_people")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE staff (id INT, joined DATE, seen TIMESTAMP)")
        connection.execute("INSERT INTO staff VALUES (7, '2026-01-05', '2026-01-05')")
    query = "SELECT id AS employee_id, joined AS joining_date, seen::timestamp AS seen FROM staff"
    table = read_query(Database(url=url, query=query))
    assert table.rows == [(1, ["7", "2026-01-05", "2026-01-05 00:00:00"])]


@pytest.mark.parametrize(
    ("url", "query", "told"),
    [
        ("sqlite:///{}", "SELECT salary FROM staff", "no such column: salary"),
        ("sqlite:///{}", "DELETE FROM staff", "query: it gives no rows; a SELECT is wanted"),
        ("sqlite:////nowhere/hrms.db", "SELECT 1", "unable to open database file"),
        ("what", "SELECT 1", "'what' is no URL of a database"),
        ("postgresql://a:secret@x/y", "SELECT 1", "put the password into a file"),
        ("nosuch://a@x/y", "SELECT 1", "its driver is not installed"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(hrms: Path, url: str, query: str, told: str) -> None:
    """A person learns what is wrong, and never sees a password."""
    with pytest.raises(SourceError) as refused:
        read_query(Database(url=url.format(hrms), query=query))
    (mistake,) = refused.value.mistakes
    assert told in mistake
    assert "\n" not in mistake
    assert "secret" not in mistake


def test_query_changes_nothing_there(hrms: Path) -> None:
    """What a query writes is undone."""
    with pytest.raises(SourceError):
        read_query(Database(url=f"sqlite:///{hrms}", query="DELETE FROM staff"))
    with sqlite3.connect(hrms) as connection:
        assert connection.execute("SELECT count(*) FROM staff").fetchone() == (2,)
    connection.close()


def test_missing_files_are_named(tmp_path: Path) -> None:
    """A query or a password that is not there is told with its path."""
    with pytest.raises(SourceError, match=r"people\.sql: cannot be read"):
        query_in(tmp_path / "people.sql")
    with pytest.raises(SourceError, match="secret: cannot be read"):
        read_query(Database(url="sqlite://", query="SELECT 1", password_file=tmp_path / "secret"))
