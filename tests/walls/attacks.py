"""What a taken-over program does: each a piece of Python, run as its user.

What a script prints is its own; that it could do something which it must not be able to do, it says by a line
that begins with BREACH.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.ipc.channels import Program

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `data_bytes` limits its memory (LimitDATA), since it would take all there is."""

    program: Program
    name: str
    script: str
    data_bytes: int | None = None
    ends: bool = False          # by itself: waited for, so that all of it was tried

    def __str__(self) -> str:
        return f"{self.program}-{self.name}"


_NAMES = ("alarm.json", "alarm.new", ".alarm.json.new", "guard.lock", "members.db", "members.key",
          "journal.db",
          "journal.lock", "page.key", "page.crt", "pins.json", "commands.json", "ward.json", "calls.json")

FIFOS = f"""
def plant(folder):
    for name in {_NAMES!r}:
        tries(lambda: os.unlink(folder / name))
        if tries(lambda: os.mkfifo(folder / name)) is None and folder != run / me and folder != state / me:
            print("BREACH: planted", folder / name)
everywhere(plant)
"""

LINKS = f"""
def plant(folder):
    for name in {_NAMES!r}:
        if tries(lambda: os.symlink(state / "guard" / "members.db", folder / name)) is None \\
                and folder != run / me and folder != state / me:
            print("BREACH: planted", folder / name)
everywhere(plant)
"""

LOCKS = f"""
held = []
def lock(folder):
    for name in {_NAMES!r}:
        descriptor = tries(lambda: os.open(folder / name, os.O_RDONLY))
        if isinstance(descriptor, int):
            held.append(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder != run / me and folder != state / me:
                print("BREACH: holds", folder / name)
everywhere(lock)
time.sleep(60)
"""

STRANGE_WAYS = """
for name in sorted(path.stem for path in sockets.iterdir()):
    if not name.startswith(me + "-to-"):
        got = tries(lambda: connect(name))
        if not isinstance(got, Exception):
            print("BREACH: connected to", name)
for path in sockets.iterdir():
    if tries(lambda: path.unlink()) is None:
        print("BREACH: took away", path)
if tries(lambda: sockets.rename(run / "other")) is None:
    print("BREACH: moved the sockets")
"""

SPIES = """
def read(folder):
    for path in folder.iterdir():
        if folder not in (box, sockets, run / me, state / me, state, run) \\
                and isinstance(tries(path.read_bytes), bytes):
            print("BREACH: read", path)
everywhere(read)
for other in Path("/proc").glob("[0-9]*"):
    words = tries((other / "cmdline").read_bytes)
    if isinstance(words, bytes) and b"edge.cli" in words and other.stat().st_uid != os.getuid():
        if tries(lambda: os.kill(int(other.name), signal.SIGKILL)) is None:
            print("BREACH: killed", words)
        if isinstance(tries(lambda: open(other / "mem", "rb").read(1)), bytes):
            print("BREACH: memory of", words)
"""

GARBAGE = """
rng = random.Random(7)
kinds = [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]
def line():
    return rng.choice((
        bytes(rng.randrange(256) for _ in range(rng.randrange(300))), b"{" * 5000, b"[" * 20000,
        b'{"kind":"' + b"a" * 3000 + b'"}', b"null", b"NaN", b'{"kind":null}',
        b'{"kind":"beat","cameras":1e999}',
        b'\\xff\\xfe\\x00', b'{"kind":"wish"}', b'{"kind":"append","entries":[{}]}', b'{"kind":"raise"}',
        b'{"kind":"command","topic":"\\\\ud800","payload":"","retained":false}',
        b'"' + b"\\\\u0000" * 500 + b'"'))
until = time.monotonic() + 20
while time.monotonic() < until:
    for name in kinds:
        def send():
            it = connect(name)
            for _ in range(50):
                it.sendall(line().replace(b"\\n", b" ") + b"\\n")
                it.recv(65536)
            it.close()
        tries(send)
"""

ENDLESS_LINES = """
kinds = [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]
def send(name):
    while True:
        def flood():
            it = connect(name)
            while True:
                it.sendall(b"x" * 65536)
        tries(flood)
for name in kinds:
    threading.Thread(target=send, args=(name,), daemon=True).start()
time.sleep(60)
"""

SILENT = """
held = []
for name in [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]:
    for _ in range(64):
        it = socket.socket(socket.AF_UNIX); it.setblocking(False)
        tries(lambda: it.connect(str(sockets / (name + ".sock"))))
        held.append(it)
time.sleep(60)
"""

HALF_LINES = """
kinds = [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]
until = time.monotonic() + 20
while time.monotonic() < until:
    for name in kinds:
        def half():
            it = connect(name); it.sendall(b'{"kind":"be'); it.close()
        tries(half)
"""

DEAF = """
kinds = [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]
held = []
for name in kinds:
    it = connect(name); it.setblocking(False); held.append(it)
    def pour():
        while True:
            it.sendall(b'{"kind":"who-is","credential":"x"}\\n' * 500)
    tries(pour)
time.sleep(60)
"""

STOPPED = """
held = []
for name in [path.stem for path in sockets.iterdir() if path.stem.startswith(me + "-to-")]:
    it = connect(name); it.sendall(b'{"kind":"be'); held.append(it)
os.kill(os.getpid(), signal.SIGSTOP)
"""

MEMORY = """
held = []
while True:
    if isinstance(tries(lambda: held.append(bytearray(8 << 20))), MemoryError):
        time.sleep(1)
"""

HANDLES = """
held = []
while isinstance(it := tries(lambda: os.open("/dev/null", os.O_RDONLY)), int):
    held.append(it)
time.sleep(60)
"""

PROCESSES = """
for _ in range(16):
    if os.fork() == 0:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            pass
        os._exit(0)
time.sleep(20)
"""

FULL_FOLDER = """
for folder in (run / me, state / me):
    def fill():
        for number in range(40):
            (folder / f"junk-{number}").write_bytes(bytes(1 << 20))
            os.mkfifo(folder / f"fifo-{number}"); os.symlink("/etc/passwd", folder / f"link-{number}")
    tries(fill)
time.sleep(60)
"""

_WISH = """
boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
def wish(**changed):
    return {"kind": "wish", "event_id": "0198c0de-0000-7000-8000-%012x" % random.getrandbits(48),
            "camera": "gate",
            "rule": "quiet", "severity": "alert", "mode": "siren", "mono_ns": time.monotonic_ns(),
            "boot_id": boot,
            **changed}
def say(*messages):
    it = connect("watch-to-guard")
    for message in messages:
        it.sendall(json.dumps(message).encode() + b"\\n"); print(it.recv(4096)[:200])
"""

FORGED_WISHES = _WISH + """
say(*(wish(**changed) for changed in (
    {}, {"rule": "none"}, {"camera": "elsewhere"}, {"mode": "warp"}, {"severity": "loud"},
    {"mono_ns": 2 ** 62},
    {"mono_ns": -1}, {"boot_id": "other"}, {"event_id": ""}, {"event_id": "x" * 5000}, {"rule": "../../x"},
    {"mono_ns": 1}, {"mode": "silent"}, {"extra": 1})))
"""

WISH_FLOOD = _WISH + """
until = time.monotonic() + 20
while time.monotonic() < until:
    tries(lambda: say(*(wish() for _ in range(200))))
"""

SAME_WISH = _WISH + """
one = wish(rule="night", mode="light", severity="warning")
for _ in range(5):
    tries(lambda: say(*[one] * 40))
"""

BEATS = _WISH + """
until = time.monotonic() + 20
while time.monotonic() < until:
    tries(lambda: say(*({"kind": "beat", "cameras": {"c%d" % n: "ok" for n in range(number % 80)}}
                        for number in range(300))))
"""

FORGED_RECORDS = """
root = "edge/v1/phuong-5/to-12/hop-01"
def entry(topic, **changed):
    return {"rank": 0, "topic": topic, "type": "edgebox.alarm.raised", "subject": "x",
            "id": "%x" % random.getrandbits(64),
            "time": "2026-12-01T00:00:00Z", "mono_ns": 1, "boot_id": "x", "data": "{}", **changed}
it = connect("watch-to-uplink")
for topic in ("alarm", "panel", "cmd-result", "birth", "status", "metrics", "cmd/siren", "event/gate/enter",
              "cam/gate/health", "cam/none/health", "../x", "#", "+", ""):
    for changed in ({}, {"rank": 3}, {"retain": True}, {"data": "{" * 9000}, {"mono_ns": 2 ** 63},
                    {"id": "x" * 900}, {"time": "never"}, {"event_id": "e", "ongoing": True}):
        it.sendall(json.dumps({"kind": "append",
                               "entries": [entry(root + "/" + topic, **changed)]}).encode() + b"\\n")
        it.recv(65536)
print("sent all")
"""

RECORD_FLOOD = """
def flood():
    it = connect("watch-to-uplink")
    for number in range(10000):
        counts = {"x%d" % (number * 500 + n): 1 for n in range(500)}
        it.sendall(json.dumps({"kind": "count", "counts": counts}).encode() + b"\\n")
        it.recv(65536)
until = time.monotonic() + 20
while time.monotonic() < until:
    tries(flood)
"""

_PAGE = """
def say(name, *messages):
    it = connect(name); it.settimeout(20); got = []
    for message in messages:
        it.sendall(json.dumps(message).encode() + b"\\n"); got.append(it.recv(65536))
    return got
"""

WITHOUT_CREDENTIAL = _PAGE + """
for credential in ("", "x", "a" * 200, "\\x00", "0198c0de" * 8):
    for kind, more in (("raise", {"mode": "siren",
                                  "request_id": "0123456789abcdef"}), ("cancel", {"code": "1234"}),
                       ("disarm", {"code": "1234"}), ("arm", {}), ("list-members", {}), ("try-outputs", {}),
                       ("invite", {"role": "leader", "name": "Eve"}), ("revoke-member", {"member_id": "x"}),
                       ("change-role", {"member_id": "x", "role": "leader"}), ("read-log", {"limit": 50}),
                       ("change-code", {"old": "1234", "new": "111222"}), ("start-test", {}),
                       ("start-bundle", {}), ("sign-out", {}), ("look", {}), ("unlock", {"member_id": "x"})):
        for name in ("page-to-guard", "page-to-guard-calls"):
            [answer] = tries(lambda: say(name, {"kind": kind, "credential": credential, **more})) or [b""]
            if b'"stranger"' not in answer and b'"refused"' not in answer:
                print("BREACH:", kind, "answers", answer[:200])
"""

TOKENS = _PAGE + """
until = time.monotonic() + 20
while time.monotonic() < until:
    tries(lambda: say("page-to-guard", *({"kind": "redeem",
                                          "token": "%032x" % random.getrandbits(128), "name": "Eve",
          "code": "472816", "label": "x"} for _ in range(50))))
"""

CODE_FLOOD = _PAGE + """
def pour():
    while True:
        tries(lambda: say("page-to-guard", *({"kind": "cancel", "credential": "x" * 43, "code": "%06d" % n}
                                             for n in range(200))))
for _ in range(12):
    threading.Thread(target=pour, daemon=True).start()
time.sleep(20)
"""

FOLLOWERS = _PAGE + """
def follow():
    while True:
        tries(lambda: say("page-to-guard", {"kind": "follow", "credentials": ["x" * 43] * 200,
                                            "timeout_s": 5.0}))
for _ in range(30):
    threading.Thread(target=follow, daemon=True).start()
time.sleep(20)
"""

_UPLINK = _PAGE + """
import base64
root = "edge/v1/phuong-5/to-12/hop-01"
def command(payload, topic="/cmd/siren", retained=False):
    return {"kind": "command", "topic": root + topic,
            "payload": base64.b64encode(payload).decode(), "retained": retained}
"""

FORGED_COMMANDS = _UPLINK + """
bodies = [b"", b"{}", b"null", b"\\xff" * 200, json.dumps({"cmd_id": "0198c0de-0000-7000-8000-000000000000",
          "name": "siren", "issuer": "x", "sig": "AAAA"}).encode(), b"[" * 4000]
for topic in ("/cmd/siren", "/cmd/light", "/cmd/cancel", "/cmd/arm", "/cmd/disarm",
              "/cmd/self-test", "/cmd/", "/x", ""):
    tries(lambda: say("uplink-to-guard", *(command(body, topic, kept) for body in bodies for kept in (True,
                                                                                                      False))))
print("sent all")
"""

COMMAND_FLOOD = _UPLINK + """
until = time.monotonic() + 20
while time.monotonic() < until:
    tries(lambda: say("uplink-to-guard", *(command(b"%d" % n) for n in range(300))))
"""

LIES = _UPLINK + """
say("uplink-to-guard", {"kind": "delivered",
                        "ids": ["0198c0de-0000-7000-8000-%012d.0" % n for n in range(200)]},
    {"kind": "delivered", "ids": ["../../x", "\\u0000", "x" * 99]},
    *({"kind": "state", "run": "r%d" % n, "ward_connected": n % 2 == 0, "fault": "<b>" * 100, "journal":
      {"records": -n, "bytes": 2 ** 70, "lost": n}} for n in range(50)),
    *({"kind": "state", "run": "x", "ward_connected": n % 2 == 0, "fault": "",
       "journal": None} for n in range(50)))
print("sent all")
"""

_END = frozenset({"fifos", "links", "strange-ways", "spies"})

_OF_ALL = (
    ("fifos", FIFOS, None), ("links", LINKS, None), ("locks", LOCKS, None),
    ("strange-ways", STRANGE_WAYS, None), ("spies", SPIES, None), ("garbage", GARBAGE, None),
    ("endless-lines", ENDLESS_LINES, None), ("silent", SILENT, None), ("half-lines", HALF_LINES, None),
    ("deaf", DEAF, None), ("stopped", STOPPED, None), ("memory", MEMORY, 256 * MIB),
    ("handles", HANDLES, None), ("processes", PROCESSES, None), ("full-folder", FULL_FOLDER, None))

ATTACKS = (
    *(Attack(program, name, script, limit, name in _END) for name, script, limit in _OF_ALL
      for program in (Program.WATCH, Program.PAGE, Program.UPLINK)),
    Attack(Program.WATCH, "forged-wishes", FORGED_WISHES, ends=True),
    Attack(Program.WATCH, "wish-flood", WISH_FLOOD),
    Attack(Program.WATCH, "same-wish", SAME_WISH, ends=True),
    Attack(Program.WATCH, "beats", BEATS),
    Attack(Program.WATCH, "forged-records", FORGED_RECORDS, ends=True),
    Attack(Program.WATCH, "record-flood", RECORD_FLOOD),
    Attack(Program.PAGE, "without-credential", WITHOUT_CREDENTIAL, ends=True),
    Attack(Program.PAGE, "tokens", TOKENS),
    Attack(Program.PAGE, "code-flood", CODE_FLOOD),
    Attack(Program.PAGE, "followers", FOLLOWERS),
    Attack(Program.UPLINK, "forged-commands", FORGED_COMMANDS, ends=True),
    Attack(Program.UPLINK, "command-flood", COMMAND_FLOOD),
    Attack(Program.UPLINK, "lies", LIES, ends=True),
)

QUICK = frozenset({
    "watch-fifos", "watch-links", "watch-locks", "watch-strange-ways", "watch-spies", "watch-garbage",
    "watch-silent", "watch-forged-wishes", "watch-wish-flood", "watch-stopped", "watch-memory",
    "page-without-credential", "page-code-flood", "page-silent", "page-garbage", "uplink-forged-commands",
    "uplink-lies", "uplink-stopped"})
"""What CI runs of them."""
