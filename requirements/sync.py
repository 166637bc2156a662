"""Make .venv hold exactly what the locks name, hash-checked, from whatever index this machine's pip uses.

    python3 requirements/sync.py [runtime|dev]

Only the standard library, and no syntax newer than Python 3.6: an old interpreter must live to print its message.
Everything it says goes to standard error, so that `make demo CHECK=1` ends with its own line and nothing else.
"""

import ast
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python")
OLDEST = (3, 11)
LOCKS = {"runtime": ["runtime"], "dev": ["runtime", "dev"]}
SCRIPT = """#!/bin/sh
'''exec' "%s" "$0" "$@"
' '''
import sys

from gugan.cli import main

sys.exit(main())
"""


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def lock_path(name):
    return os.path.join(ROOT, "requirements", name + ".txt")


def run(command, env=None, quiet=False):
    """Run a command with its output on standard error; true if it succeeded."""
    sink = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=env, cwd=ROOT) == 0


def require_new_python():
    """Go on with a newer interpreter from PATH where `python3` is too old; explain where there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in (12, 13, 11, 14):
        found = shutil.which("python3.%d" % minor)
        # it must run: a version manager's stand-in may lead nowhere
        if found and run([found, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], quiet=True):
            os.execv(found, [found, *sys.argv])
    say(
        "需要 Python 3.11 或更新版本,现在是 %d.%d。请安装后重试,或指定:make setup BASE=/路径/python3.12"
        % sys.version_info[:2]
    )
    say("Python 3.11 or newer is needed; name another with BASE=/path/to/python3.12")
    sys.exit(1)


def stamp_of(kind):
    """What .venv is made of: the locks' content, the interpreter, the place (scripts hold absolute paths)."""
    digest = hashlib.sha256()
    for name in LOCKS[kind]:
        with open(lock_path(name), "rb") as file:
            digest.update(file.read())
    with open(os.path.abspath(__file__), "rb") as file:
        digest.update(file.read())
    digest.update(repr((sys.version_info[:2], VENV)).encode())
    return kind + " " + digest.hexdigest()


def read_stamp():
    try:
        with open(os.path.join(VENV, ".stamp")) as file:
            return file.read()
    except OSError:
        return ""


def create_venv():
    """Create .venv, or keep the one there if its interpreter is the same version and lives."""
    probe = "import sys; sys.exit(sys.version_info[:2] != %r)" % (sys.version_info[:2],)
    if (
        os.path.exists(PYTHON)
        and run([PYTHON, "-c", probe], quiet=True)
        and run([PYTHON, "-m", "pip", "-V"], quiet=True)
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    say("建立虚拟环境 .venv / creating .venv")
    if run([sys.executable, "-m", "venv", VENV], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    say("无法建立虚拟环境,多半缺少 ensurepip。/ python3 -m venv failed; ensurepip is probably missing.")
    say("  Debian / Ubuntu / 麒麟 / 统信: apt-get install python3-venv")
    say("  也可指定另一个 Python / or another Python: make setup BASE=/path/to/python3.12")
    sys.exit(1)


def pip_settings():
    """What pip is configured with on this machine, by option name: pip.conf and PIP_* variables, nearest last."""
    listed = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        universal_newlines=True,
    ).stdout
    found = {}
    for section in ("global", "install", ":env:"):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section + "."):
                with contextlib.suppress(ValueError, SyntaxError):
                    found[key[len(section) + 1 :]] = ast.literal_eval(value)
    return found


def uv_environment():
    """uv reads neither pip.conf nor PIP_*: hand it the same index, links and certificate, through the environment only.

    A variable the user has set for uv stays. Every file is checked against the lock, so it may come from any index.
    """
    pip = pip_settings()
    env = dict(os.environ)

    def hand_over(name, value):
        if value:
            env.setdefault(name, value)

    if "UV_INDEX_URL" not in env:
        hand_over("UV_DEFAULT_INDEX", pip.get("index-url"))
    hand_over("UV_EXTRA_INDEX_URL", " ".join(pip.get("extra-index-url", "").split()))
    hand_over("UV_FIND_LINKS", ",".join(pip.get("find-links", "").split()))
    hand_over("UV_INSECURE_HOST", " ".join(pip.get("trusted-host", "").split()))
    hand_over("UV_NO_INDEX", "1" if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else "")
    hand_over("UV_HTTP_TIMEOUT", pip.get("timeout"))
    hand_over("SSL_CERT_FILE", pip.get("cert"))
    hand_over("ALL_PROXY", pip.get("proxy"))
    env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    env.setdefault("UV_LINK_MODE", "hardlink" if same_disk(env) else "copy")
    return env


def same_disk(env):
    """Whether uv's cache can be linked into .venv (otherwise it warns and copies)."""
    cache = env.get("UV_CACHE_DIR") or os.path.join(env.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "uv")
    while not os.path.exists(cache) and os.path.dirname(cache) != cache:
        cache = os.path.dirname(cache)
    return os.stat(cache).st_dev == os.stat(VENV).st_dev


def install_uv():
    """Install the locked uv into .venv with pip, by hash."""
    uv = os.path.join(BIN, "uv")
    if os.path.exists(uv):
        return True
    with open(lock_path("dev")) as file:
        lines = file.read().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    wanted = os.path.join(VENV, "uv.txt")
    with open(wanted, "w") as file:
        file.write("\n".join(lines[start : end + 1]) + "\n")
    return run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--require-hashes",
            "--no-deps",
            "-r",
            wanted,
        ],
        quiet=True,
    ) and os.path.exists(uv)


def install(kind):
    """Install the locks with uv; where uv cannot, with plain pip. Both check every hash."""
    locks = [lock_path(name) for name in LOCKS[kind]]
    say("安装依赖 / installing dependencies: " + " ".join(os.path.relpath(lock, ROOT) for lock in locks))
    if install_uv() and run(
        [os.path.join(BIN, "uv"), "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", *locks],
        env=uv_environment(),
    ):
        return
    say("uv 未能安装,改用 pip(较慢,约一分钟)/ uv could not; trying pip, which takes about a minute")
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "--no-deps",
    ]
    for lock in locks:
        command += ["-r", lock]
    if not run(command):
        say("依赖没有装好:请检查网络和 pip 的索引设置(pip config list)。")
        say("Dependencies could not be installed: check the network and pip's index (pip config list).")
        sys.exit(1)


def link_project(kind):
    """Put this checkout on .venv's path and write the `gugan` command: no build, no index.

    The .pth lines are relative, so any folder name will do; tests/ is importable only where the tests' tools are.
    """
    places = subprocess.run(
        [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        universal_newlines=True,
    ).stdout.strip()
    up = os.path.relpath(os.path.realpath(ROOT), os.path.realpath(places))
    with open(os.path.join(places, "gugan.pth"), "w") as file:
        file.write(os.path.join(up, "src") + "\n" + (up + "\n" if kind == "dev" else ""))
    script = os.path.join(BIN, "gugan")
    with open(script, "w") as file:
        file.write(SCRIPT % PYTHON)
    os.chmod(script, 0o755)


@contextlib.contextmanager
def alone():
    """One set-up at a time in a work tree."""
    with open(os.path.abspath(__file__), "rb") as file:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(kind="runtime"):
    require_new_python()
    # what runs .venv's own python must not see another environment's settings
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        os.environ.pop(name, None)
    with alone():
        stamp = read_stamp()
        if stamp in (stamp_of(kind), stamp_of("dev")) and os.path.exists(PYTHON):
            return
        # a .venv that already has the tests' tools keeps them
        kind = "dev" if stamp.startswith("dev ") else kind
        create_venv()
        install(kind)
        link_project(kind)
        with open(os.path.join(VENV, ".stamp"), "w") as file:
            file.write(stamp_of(kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
