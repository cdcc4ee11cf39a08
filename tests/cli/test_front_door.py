"""What every command has in common: quick to start, one line for an error, never a traceback."""

import json
import socket
import subprocess
import sys

import psycopg
import pytest
from server_process import wait_for

from mltui.__main__ import COMMANDS, parser_for
from mltui_server.samples import batch

HEAVY = ("textual", "httpx", "websockets", "yaml", "psutil", "asyncio", "mltui_server", "sqlalchemy", "rich")


def imported_by(*words: str) -> set[str]:
    """Top-level names of the modules that a command line has imported when it is done."""
    script = (
        "import sys, json\nfrom mltui.__main__ import main\n"
        "try: main(json.loads(sys.argv[1]))\nexcept SystemExit: pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", script, json.dumps(words)], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["runs", "--help"], ["exec", "--help"]])
def test_asking_for_the_version_or_help_imports_nothing_heavy(words):
    assert not imported_by(*words) & set(HEAVY)


def test_the_version_is_printed(mltui):
    assert mltui("--version").stdout == "mltui 0.1.0\n"


def every_command() -> list[list[str]]:
    """All command lines, as far as their options: found in the parsers themselves."""
    found: list[list[str]] = []

    def walk(parser, words):
        found.append(words)
        for action in parser._actions:
            if action.choices and action.nargs == "A...":
                for name, child in action.choices.items():
                    walk(child, [*words, name])

    walk(parser_for(list(COMMANDS)), [])
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_explains_itself_in_a_sentence(words, capsys):
    with pytest.raises(SystemExit) as caught:
        parser_for(words).parse_args([*words, "--help"])
    assert caught.value.code == 0
    paragraphs = capsys.readouterr().out.split("\n\n")
    assert paragraphs[0].startswith("usage: mltui")
    assert paragraphs[1].strip().endswith(".")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bogus"], "invalid choice: 'bogus'"),
        (["runs"], "required: COMMAND; see `mltui runs --help`"),
        (["runs", "ls", "--limit", "many"], "invalid int value: 'many'; see `mltui runs ls --help`"),
        (["runs", "ls", "--limit", "0"], "--limit must be at least 1"),
        (["runs", "ls", "--since", "yesterday"], "'yesterday' is no time; write 2h, 3d or 2026-01-31T12:00"),
        (["pipelines", "start", "x", "-p", "lr"], "'lr' is not of the form name=value"),
        (["runs", "tag", "latest"], "KEY=VALUE sets a tag"),
        (["exec"], "exec needs a command after --, as in: mltui exec -- python train.py"),
        (["exec", "python", "x.py"], "unrecognized arguments: python x.py"),
        (["db", "upgrade"], "db upgrade needs DATABASE_URL"),
        (["runs", "ls", "--url", "localhost"], "--url='localhost' is not the address of a server"),
        (["serve", "--port", "70000"], "--port=70000 is wrong: it must be a whole number <= 65535"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(words, message, mltui):
    done = mltui(*words, code=2)
    assert message in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


@pytest.mark.parametrize("words", [["runs", "ls"], ["pipelines", "show", "x"], ["events"], ["runs", "logs", "latest"]])
def test_no_server_is_one_line_that_says_how_to_start_one(words, mltui):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        done = mltui("--url", url, *words, code=1)
    assert done.stderr == f"mltui: no server at {url}; start one with `mltui up`\n"


def test_a_database_that_is_not_there_is_one_line(mltui):
    done = mltui("db", "upgrade", "--database-url", "postgresql://nobody@127.0.0.1:1/x", code=1)
    assert done.stderr.startswith("mltui: the database cannot be migrated: connection failed")
    assert done.stderr.count("\n") == 1


def test_no_server_starts_on_an_influxdb_that_is_none(server, mltui, tmp_path):
    other = {"MLTUI_DATA_DIR": str(tmp_path / "other"), "DATABASE_URL": "", "INFLUX_URL": server.url}
    done = mltui("serve", "--port", "0", code=2, **other)
    assert "serving" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"mltui serve: what answers at {server.url} is no InfluxDB (/ping: HTTP 404, without X-Influxdb-Version); "
        "check INFLUX_URL, it looks like http://127.0.0.1:8086"
    )


def test_db_upgrade_migrates_an_external_postgres(dsn, mltui):
    from mltui_server.db.upgrade import newest

    assert mltui("db", "upgrade", DATABASE_URL=dsn).stdout == f"the database has schema {newest()}\n"


def test_a_database_that_cannot_hold_every_text_is_refused(postgres, mltui):
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain_bytes")
        connection.execute("CREATE DATABASE plain_bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        done = mltui("db", "upgrade", DATABASE_URL=postgres.replace("/postgres?", "/plain_bytes?"), code=2)
        connection.execute("DROP DATABASE plain_bytes")
    assert "has the encoding SQL_ASCII, mltui needs UTF8: make another with CREATE DATABASE" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_fault(environment, closed):
    command = f"{sys.executable} -m mltui pipelines schema {closed}"
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_leaves_is_no_error(environment):
    command = f"{sys.executable} -m mltui pipelines schema | head -c 10 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_output_that_cannot_be_written_is_one_line(environment):
    # Unbuffered, argparse itself says nothing about a help text that it cannot write.
    environment.pop("PYTHONUNBUFFERED", None)
    for words in ("pipelines schema", "exec --help"):
        command = f"{sys.executable} -m mltui {words} > /dev/full"
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "mltui: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("value", ["abc", "-1", "nan", "inf", "1e400"])
@pytest.mark.parametrize("name", ["MLTUI_SAMPLE_EVERY_S", "MLTUI_SPOOL_MAX", "MLTUI_DRAIN_S"])
def test_a_wrong_setting_is_one_line_before_anything_runs(name, value, mltui, tmp_path):
    done = mltui("exec", "--", "touch", tmp_path / "ran", code=2, **{name: value})
    assert done.stderr.startswith(f"mltui: {name}='{value}' is not a number of ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()


def test_following_events_shows_what_comes_and_ends_quietly_on_ctrl_c(server, mltui, spawn, tmp_path):
    following = spawn("events", "-f", "--json")
    file = tmp_path / "pipeline.yaml"
    file.write_text("name: empty\nstages: [{name: a, command: 'true'}]\n")
    mltui("pipelines", "apply", file)
    following.says("pipeline.create")
    server.kill()
    server.start()
    mltui("pipelines", "delete", "empty")
    following.says("pipeline.delete")
    following.interrupt()
    assert following.ends() == 130
    assert following.err.count("\n") <= 1, following.err
    actions = [json.loads(line)["action"] for line in following.out.splitlines()]
    assert actions == ["pipeline.create", "pipeline.delete"]
    [event] = json.loads(mltui("events", "--json", "--action", "pipeline.delete").stdout)
    assert "pipeline.delete" in mltui("events").stdout
    assert mltui("events", "--object-id", event["object_id"], "--json").stdout.count("pipeline.") == 2


def test_events_say_what_changed_and_are_found_by_name(server, mltui):
    mltui("models", "register", "fraud", "--uri", "s3://models/fraud.onnx")
    mltui("models", "alias", "fraud/1", "champion", "--reason", "the only one")
    mltui("models", "set", "fraud", "--approval", "on")
    mltui("models", "alias", "fraud/1", "shadow", "--reason", "to compare")
    lines = mltui("events", "--object", "fraud").stdout.splitlines()[-3:]
    said = ("champion none → 1: the only one", "approval true", "the move of fraud@shadow to version 1: to compare")
    assert [words in line for words, line in zip(said, lines, strict=True)] == [True] * 3
    [version] = mltui("events", "--object", "fraud@champion").stdout.splitlines()[1:]
    assert "model_version.create\tfraud/1" in version


def test_events_are_exported_to_a_new_file_or_a_pipe(server, mltui, tmp_path):
    file = tmp_path / "pipeline.yaml"
    file.write_text("name: empty\nstages: [{name: a, command: 'true'}]\n")
    mltui("pipelines", "apply", file)
    mltui("pipelines", "delete", "empty")
    listed = json.loads(mltui("events", "--object", "empty", "--json").stdout)
    assert [event["action"] for event in listed] == ["pipeline.create", "pipeline.delete"]
    assert "empty" in mltui("events", "--action", "pipeline.*").stdout
    mltui("events", "--export", tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text()) == listed
    assert json.loads(mltui("events", "--export", "-", "--json").stdout) == listed
    mltui("events", "--action", "pipeline.delete", "--export", tmp_path / "some.CSV")
    printed = mltui("events", "--action", "pipeline.delete", "--export", "-").stdout
    assert (tmp_path / "some.CSV").read_text() == printed
    assert (printed.count("\n"), printed.count("pipeline.delete")) == (2, 1)
    for words, said in [
        ((tmp_path / "all.json",), f"{tmp_path / 'all.json'} exists; write another name"),
        ((tmp_path / "all.xml",), f"'{tmp_path / 'all.xml'}' is neither .csv nor .json; its suffix says what to write"),
        (("-", "--limit", "3"), "--export writes all that match; leave --limit out, or narrow it down with --since"),
    ]:
        assert mltui("events", "--export", *words, code=2).stderr == f"mltui: {said}\n"
    assert "no/all.csv: No such file or directory" in mltui("events", "--export", "no/all.csv", code=1).stderr


def test_the_doctor_names_each_part_and_what_is_wrong(server, mltui):
    done = mltui("doctor", "--json")
    report = json.loads(done.stdout)
    parts = {part["name"]: part for part in report["findings"]}
    assert report["status"] == "ok"
    assert {"client", "server", "postgres", "samples", "spool", "gpu"} <= parts.keys()
    assert parts["postgres"]["latency_ms"] > 0
    assert parts["postgres"]["detail"] == "external"
    server.stop()
    away = mltui("doctor", code=1).stdout
    assert "✗\tserver" in away
    assert "start one with `mltui up`" in away


def test_refused_samples_are_shown_tried_again_and_forgotten(server, mltui, dsn):
    for command in ("ls", "retry", "forget"):
        assert mltui("samples", command).stdout == "nothing was refused\n"
    mltui("exec", "--", "true")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO sample_refused (id, run_id, body, reason) SELECT n, run.id, one.body, 'type conflict' "
            "FROM run, (VALUES (1, %b::bytea), (2, %b)) AS one (n, body)",
            [batch.encode([batch.PackedSeries("loss", bytes(16), bytes(16), None)]), b"nonsense"],
        )
    both = "2 samples in 2 batches"
    assert f"refused and set aside: {both}; the last: type conflict" in mltui("doctor", code=1).stdout
    listed = mltui("samples", "ls").stdout
    assert "\t2 samples\tloss\t" in listed
    assert "\t0 samples\tunreadable\ttype conflict" in listed
    assert mltui("samples", "retry").stdout == f"on their way again: {both}\n"
    wait_for(lambda: "unreadable" in mltui("samples", "ls").stdout, 30)
    asked = "would delete for good: nothing that can be read in 1 batch; `mltui samples forget --yes` does it\n"
    assert mltui("samples", "forget").stdout == asked
    assert "unreadable" in mltui("samples", "ls").stdout
    assert mltui("samples", "forget", "--yes").stdout == "deleted for good: nothing that can be read in 1 batch\n"
    assert json.loads(mltui("samples", "ls", "--json").stdout) == []
