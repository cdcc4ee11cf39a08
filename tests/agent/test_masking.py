"""Secrets do not leave the machine, whatever they look like and wherever they stand; the rest can be read."""

import json
import shlex

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mltui.wire.masking import Mask, without_secrets
from mltui.wire.secrets import HIDDEN, is_secret

NAMES = [
    "password",
    "DB_PASSWORD",
    "api-key",
    "WANDB_API_KEY",
    "hfToken",
    "client_secret",
    "X-Auth-Token",
    "AWS_SECRET",
]
PLAIN = "".join(map(chr, range(33, 127)))
secrets = st.text(PLAIN + "äß€ ", min_size=8, max_size=40).map(str.strip).filter(lambda text: len(text) >= 8)
words = secrets.filter(lambda text: not any(c in " \"'\\;&|`" for c in text))
names = st.sampled_from(NAMES)


@given(name=names, secret=secrets, equals=st.booleans())
def test_no_secret_of_a_command_line_comes_out(name, secret, equals):
    option = f"--{name}"
    given_words = [f"{option}={secret}"] if equals else [option, secret]
    if not equals and secret.startswith("-"):
        return  # no parser takes that as a value
    said = Mask({}).command(["train.py", "--lr", "0.1", *given_words, "--epochs", "3"])
    assert secret not in "\0".join(said)
    assert said[:3] == ["train.py", "--lr", "0.1"]
    assert said[-2:] == ["--epochs", "3"]


@given(name=names, secret=words, form=st.sampled_from(["{0}={1} ./go", "./go --{0} {1} --x", "curl -H '{0}: {1}' h"]))
def test_no_secret_of_a_shell_line_comes_out(name, secret, form):
    if secret.startswith("-"):
        return
    assert secret not in "\0".join(Mask({}).command(["sh", "-c", form.format(name, secret)]))


@given(secret=secrets, flag=st.sampled_from(["-u", "--user", "--proxy-user"]), glued=st.booleans())
@example("CONNECTIONSTRING", "-u", True)
def test_no_password_beside_a_user_comes_out(secret, flag, glued):
    option = [f"{flag}{'=' * flag.startswith('--')}admin:{secret}"] if glued else [flag, f"admin:{secret}"]
    said = Mask({}).command(["curl", "-s", *option, "https://h/x"])
    assert secret not in "\0".join(said)
    assert "admin:" in "\0".join(said)
    assert (said[:2], said[-1]) == (["curl", "-s"], "https://h/x")


@given(
    secret=words,
    form=st.sampled_from([
        "curl -u admin:{0} h", "curl -uadmin:{0} h", "curl --user=admin:{0} h", "curl --user 'admin:{0}' h",
        'cd x && curl -sS -u "admin:{0}" h', "mysql -u root -p{0} shop", "mysqldump -e 'a; b' -p'{0}' > x",
        "zcat x | /usr/bin/mariadb-admin -p{0}",
    ]),
)  # fmt: skip
def test_no_password_among_the_options_of_a_shell_line_comes_out(secret, form):
    line = form.format(secret)
    for said in (
        "\0".join(Mask({}).command(["sh", "-c", line])),
        Mask({}).diff(f"+++ b/run.sh\n@@ -1 +1 @@\n+{line}\n"),
    ):
        assert secret not in said
        assert "admin:" in said or " -p" in said


@given(secret=secrets, program=st.sampled_from(["mysql", "/usr/bin/mysqldump", "mariadb"]))
@example("w0000000", "mysql")
def test_no_password_of_mysql_comes_out(secret, program):
    said = Mask({}).command(["docker", "exec", "db", program, "-uroot", f"-p{secret}", "shop"])
    assert said == ["docker", "exec", "db", program, "-uroot", f"-p{HIDDEN}", "shop"]


@given(name=names, secret=secrets)
def test_no_secret_of_the_environment_comes_out_anywhere(name, secret):
    mask = Mask({name: secret})
    assert mask.environment({name: secret}) == {name: HIDDEN}
    assert secret not in mask.text(f"connecting with {secret} now")
    assert secret not in mask.diff(f"+++ b/a.py\n+connect({secret})\n")


AROUND = [
    "{0}={1} sh -c 'exit 3'", "cd x; export {0}={1} && ./go --lr 0.1", "./go --{0} {1} --lr 0.1 | tee 'a b'",
    "./go --{0}={1}; echo \"don't\"", "env A=1 {0}={1} python -c 'f(\"x\")'", "a \"b c\" && {0}={1} d",
]  # fmt: skip


@given(name=names, secret=secrets, form=st.sampled_from(AROUND))
@example("password", "X y'z", AROUND[0])
def test_only_the_secret_of_a_shell_line_is_lost(name, secret, form):
    assume(not secret.startswith("-"))
    line = form.format(name, shlex.quote(secret))
    said = Mask({}).command(["bash", "-o", "pipefail", "-c", line])
    assert said == ["bash", "-o", "pipefail", "-c", form.format(name, HIDDEN)]
    assert without_secrets({"command": line}) == {"command": form.format(name, HIDDEN)}


@given(name=names, secret=secrets, before=st.dictionaries(st.sampled_from("ab"), secrets), after=st.none() | secrets)
def test_only_the_secret_of_json_is_lost(name, secret, before, after):
    given_value = {**before, name: secret, "z": [after, {"n": 1}]}
    shown = {**given_value, name: HIDDEN}
    text = json.dumps(given_value, ensure_ascii=False)
    assert json.loads(Mask({}).command(["x", text])[1]) == shown
    assert json.loads(Mask({}).command(["x", json.dumps({"a": given_value}, indent=1)])[1]) == {"a": shown}


@given(name=names, secret=secrets, option=st.sampled_from(["-H {} https://h/x", "--set {} --lr 0.1", "-e {} image"]),
       sign=st.sampled_from([":", ": ", "="]))  # fmt: skip
def test_what_is_quoted_with_its_name_is_hidden_whole(name, secret, option, sign):
    assume(not secret.startswith(("=", ">")))  # it may be a sign of two characters
    quoted = shlex.quote(f"{name}{sign}{secret} and more")
    said = Mask({}).text(f"run {option.format(quoted)}")
    assert shlex.split(said) == shlex.split(f"run {option.format(shlex.quote(f'{name}{sign}{HIDDEN}'))}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('sh -c "PASSWORD=x"; echo hello', 'sh -c "PASSWORD=***"; echo hello'),
        (r'bash -lc "TOKEN=\"a b\" run" && echo "b"', 'bash -lc "TOKEN=*** run" && echo "b"'),
        (r'curl -d "{\"password\": \"a b\", \"x\": 1}" h', r'curl -d "{\"password\": \"***\", \"x\": 1}" h'),
        ('sh -c "curl -u admin:x"; echo "b"', 'sh -c "curl -u admin:***"; echo "b"'),
        ('go \'["--api-key", "a b", "-v"]\'', 'go \'["--api-key", "***", "-v"]\''),
        ('go \'{"secrets": {"a": "x", "b": ["y"]}, "z": 1}\'', 'go \'{"secrets": ***, "z": 1}\''),
        ("python -c \"password = 'a b'; go()\"", 'python -c "password = ***; go()"'),
    ],
)
def test_a_secret_ends_with_its_quotes(line, said):
    assert Mask({}).text(line) == said


@given(
    user=words.filter(lambda text: not any(c in "/?#" for c in text)), host=st.sampled_from(["h", "git.example:8080"])
)
def test_no_user_of_an_address_comes_out(user, host):
    assert Mask({}).text(f"see https://{user}@{host}/a.git") == f"see https://{HIDDEN}@{host}/a.git"


@given(
    name=names.filter(lambda name: "-" not in name),
    secret=secrets,
    form=st.sampled_from([
        ("a.py", "{0} = {2}"), ("a.py", "f({0}={2}, user='x')"), ("a.py", 'add("--{0}", default={2})'),
        ("a.py", "d['{0}'] = {2}"), (".env", "{0}={1}"), (".env", "export {0}={1}"), ("a.yaml", "  {0}: {1}"),
        ("a.json", '  "{0}": {2},'), ("a.tf", "{0} = {2}"), ("notes", "{0}: {1}"),
        ("a.sql", "-- {0}: {1}"), ("a.lua", "-- {0} = {2}"), ("a.py", "++ {0} = {2}"),
    ]),
)  # fmt: skip
def test_no_secret_of_a_diff_comes_out(name, secret, form):
    file, line = form
    line = line.format(name, secret, repr(secret))
    for sign in "+- ":
        head = f"diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n"
        said = Mask({}).diff(f"{head}{sign}{line}\n+x = 1\n")
        assert said.startswith(head)
        assert secret not in said[len(head) :]
        assert repr(secret)[1:-1] not in said[len(head) :]
        assert said.endswith("\n+x = 1\n")


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1_" * 10,
        "glpat-" + "x" * 20,
        "xoxb-12345678-abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "sk-proj-" + "a1" * 20,
        "hf_" + "aB" * 17,
        "AIza" + "x" * 35,
    ],
)
def test_tokens_are_known_by_their_shape(token):
    mask = Mask({})
    assert mask.command(["x", token, f"a,{token}"]) == ["x", HIDDEN, f"a,{HIDDEN}"]
    assert token not in mask.diff(f"+++ b/a.py\n+# {token}\n")


def test_private_keys_are_gone_whole_or_in_part():
    body = "\n".join("+" + "MIIEpAIBAAKCAQEA75Ks" * 3 for _ in range(5))
    key = f"+-----BEGIN RSA PRIVATE KEY-----\n{body}\n+-----END RSA PRIVATE KEY-----"
    for diff in (key, key[:200], body):
        assert "MIIEpAIBAAKCAQEA75Ks" not in Mask({}).diff(f"+++ b/id_rsa\n@@ -1 +1 @@\n{diff}\n")


def test_what_is_no_secret_can_be_read():
    mask = Mask({"PWD": "/home/ada/work", "PATH": "/usr/bin"})
    line = [
        "python",
        "train.py",
        "--tokenizer",
        "bert",
        "--max-tokens",
        "512",
        "--eos-token",
        "</s>",
        "--keep",
        "/home/ada/work",
    ]
    assert mask.command(line) == line
    for options in (
        "ssh -p22 host", "docker run -p8080:80 -u ada", "mkdir -p a:b", "mysql -p shop -P3306", "python -u train.py",
        "x -url=http://h:80/",
    ):  # fmt: skip
        assert mask.command(options.split()) == options.split()
        assert mask.text(options) == options
    assert mask.text("git@github.com:team/code.git") == "git@github.com:team/code.git"
    code = "+++ b/model.py\n+key, other = jax.random.split(key)\n+token = tokens[i]\n+for token in line.split():\n"
    assert mask.diff(code) == code
    assert [is_secret(name) for name in ("PASSWORD_FILE", "monkey", "author", "sort_key")] == [False] * 4
