"""scripts/environment.sh: what it decides before it installs anything."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def bash(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; . {SCRIPTS}/environment.sh; {script}"],
        capture_output=True, text=True, timeout=60, env={**os.environ, **env}, check=False,
    )  # fmt: skip


def fake_python(folder: Path, version: tuple[int, int], ensurepip: bool = True) -> None:
    """A `python3` that answers the two questions environment.sh asks."""
    program = folder / "python3"
    program.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        f"*version_info*) exit {int(version < (3, 11))} ;;\n"
        f"*ensurepip*) exit {int(not ensurepip)} ;;\n"
        "esac\n"
        f"echo Python {version[0]}.{version[1]}\n"
    )
    program.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the plain commands that environment.sh needs and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "id", "find", "cksum", "cut", "basename", "cat", "grep", "mktemp", "rm", "sh"):
        for where in ("/bin", "/usr/bin"):
            if Path(where, name).exists():
                (folder / name).symlink_to(Path(where, name))
                break
    return folder


def test_without_python_it_says_what_is_needed(tools: Path):
    result = bash("find_python", PATH=str(tools))
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed" in result.stderr


def test_an_old_python_is_not_taken(tools: Path):
    fake_python(tools, (3, 9))
    result = bash("find_python", PATH=str(tools))
    assert result.returncode == 1
    assert "Python 3.9" in result.stderr


def test_a_python_without_ensurepip_names_the_package(tools: Path):
    fake_python(tools, (3, 12), ensurepip=False)
    result = bash("find_python", PATH=str(tools))
    assert result.returncode == 1
    assert "python3-venv" in result.stderr


def test_a_good_python_is_found(tools: Path):
    fake_python(tools, (3, 12))
    assert bash("find_python", PATH=str(tools)).stdout.strip() == str(tools / "python3")


def test_a_closed_folder_above_closes_what_is_in_it(tmp_path: Path):
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    for folder in [*tmp_path.parents][:2]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    inner.parent.chmod(0o755)
    assert bash(f"open_to_others {inner}").returncode == 0
    inner.parent.chmod(0o750)
    assert bash(f"open_to_others {inner}").returncode == 1


def test_an_environment_of_somebody_elses_is_left_alone(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    done = bash(f"VENV={tmp_path}; make_environment demo")
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [tmp_path / "bin"])
    assert f"{tmp_path} is an environment of your own" in done.stderr


def test_an_unchanged_lock_installs_nothing(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/true")
    script = f"VENV={tmp_path}; fingerprint dev >{tmp_path}/.installed; make_environment demo; make_environment dev"
    result = bash(script)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_failing_step_shows_its_output_and_its_code():
    result = bash("step 'the text' sh -c 'echo what went wrong; exit 7'")
    assert result.returncode == 7
    assert "the text" in result.stderr
    assert "what went wrong" in result.stderr


def test_a_signal_stops_the_step_that_runs(tmp_path: Path):
    pid_file = tmp_path / "pid"
    slow = f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60"
    process = subprocess.Popen(
        ["bash", "-c", f". {SCRIPTS}/environment.sh; step x sh -c '{slow}'"], stderr=subprocess.DEVNULL
    )
    while not pid_file.exists():
        assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=10) == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


@pytest.mark.parametrize("name", ["demo", "test"])
def test_help_needs_no_environment(name: str, tools: Path):
    result = subprocess.run(
        [SCRIPTS / name, "--help"], capture_output=True, text=True, timeout=20,
        env={"PATH": str(tools)}, check=False,
    )  # fmt: skip
    assert result.returncode == 0
    assert result.stdout.startswith("usage: scripts/")
