"""edgebox-ward as a person or a script calls it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from edge.contract.messages import Phase
from tests.ward.samples import JPEG, NOW, WARD, Box, new_event_id
from ward.cli import main
from ward.store.writer import Store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A store with two events, one picture, one junk message, one repetition and a gap of two."""
    box, first = Box(), new_event_id()
    new, end = box.event(first, jpeg=JPEG), box.event(first, 1, Phase.END)
    box.seq += 2
    store = Store(tmp_path / "data", WARD)
    junk = box.picture(new_event_id(), jpeg=b"no picture")
    store.take([new, new, box.picture(first), end, junk, box.event(new_event_id(), label="car")], NOW)
    store.close()
    return tmp_path / "data"


def test_summary_for_programs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One JSON object with what a script needs to judge a run.
    """
    assert os.EX_OK == main(["summary", "--data", str(data), "--json"])

    summary = json.loads(capsys.readouterr().out)
    assert {"events": 2, "records": {"new": 2, "end": 1}, "images": 1, "quarantined": 0, "refused": 0,
            "duplicates_refused": 1, "gaps": {"to-12/hop-1": 2}} == {
        name: summary[name] for name in ("events", "records", "images", "quarantined", "duplicates_refused",
                                         "gaps")} | {"refused": summary["refused"] - 1}
    assert summary["max_event_json_bytes"] < summary["json_bytes"] < 3 * 4096


def test_list_for_people_and_programs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line per event, newest first, or one JSON object per line; --limit cuts.
    """
    assert os.EX_OK == main(["list", "--data", str(data)])
    lines = capsys.readouterr().out.splitlines()
    assert 2 == len(lines)
    assert any("to-12/hop-1/cong-truoc  enter person x1  picture" in line for line in lines)

    assert os.EX_OK == main(["list", "--data", str(data), "--json", "--limit", "1"])
    [line] = capsys.readouterr().out.splitlines()
    assert "hop-1" == json.loads(line)["box"]


def test_list_names_the_place(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A line ends with where the box stands, after all that scripts take apart; JSON has it beside the name.
    """
    store = Store(data, WARD)
    store.take([Box().birth(title="Tổ 12, ngõ 5")], NOW)
    store.close()

    assert os.EX_OK == main(["list", "--data", str(data)])
    for line in capsys.readouterr().out.splitlines():
        assert "to-12/hop-1/cong-truoc" in line
        assert line.endswith("  Tổ 12, ngõ 5")
    assert os.EX_OK == main(["list", "--data", str(data), "--json", "--limit", "1"])
    event = json.loads(capsys.readouterr().out)
    assert ("to-12", "hop-1", "Tổ 12, ngõ 5") == (event["group"], event["box"], event["box_title"])


BROKER = ["--ward", WARD, "--broker", "127.0.0.1:1", "--no-tls"]


RECEIVE = ["receive", "--data", "{tmp}"]
USAGE = os.EX_USAGE


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (["list", "--data", "{tmp}/none"], os.EX_NOINPUT, "no ward.db there; name the --data folder"),
    ([*RECEIVE, "--ward", "Phường 1", "--broker", "h"], USAGE, "--ward 'Phường 1': want"),
    ([*RECEIVE, "--ward", "w", "--broker", "mqtt://h"], USAGE, "want HOST or HOST:PORT"),
    ([*RECEIVE, "--ward", "w", "--broker", "h:70000"], USAGE, "want HOST or HOST:PORT"),
    ([*RECEIVE, "--ward", "w", "--broker", "h", "--cert", "c"], USAGE, "--cert and --key go together"),
    ([*RECEIVE, *BROKER, "--ca", "c"], USAGE, "leave out --no-tls"),
    ([*RECEIVE, *BROKER, "--password-file", "c"], USAGE, "needs --username"),
    ([*RECEIVE, *BROKER, "--username", "u", "--password-file", "{tmp}/absent"],
     os.EX_NOINPUT, "absent: no such file or directory; check the path"),
    (["receive", "--data", "/proc/nowhere", *BROKER], os.EX_IOERR, "cannot be made"),
    (["page", "--data", "{tmp}", "--host", "0.0.0.0"], USAGE, "it has no sign-in yet"),
    (["page", "--data", "{tmp}", "--timezone", "Mars/Base"], os.EX_CONFIG, "no such time zone"),
])
def test_what_cannot_work_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                  arguments: list[str], code: int, said: str) -> None:
    """
    One line on standard error that says what to do, and an exit code of sysexits.h.
    """
    assert code == main([argument.replace("{tmp}", str(tmp_path)) for argument in arguments])

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("edgebox-ward: ")
    assert said in last


@pytest.mark.parametrize(("arguments", "said"), [
    (["list", "--limit", "0"], "argument --limit: want a number from 1 up, got '0'"),
    (["list", "--limit=-3"], "argument --limit: want a number from 1 up, got '-3'"),
    (["page", "--port", "http"], "argument --port: want 0 to 65535, got 'http'"),
    (["page", "--port", "70000"], "argument --port: want 0 to 65535, got '70000'"),
    (["receive"], "the following arguments are required: --ward, --broker"),
])
def test_bad_usage_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The last line names the option, what it wants and what it got.
    """
    with pytest.raises(SystemExit):
        main([*arguments, "--data", "x"])
    assert said in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("days", ["0", "-1", "forever", "99999"])
def test_keep_days_is_a_number_of_days(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Data is kept for a time that was chosen, never for none and never for ever.
    """
    with pytest.raises(SystemExit, match="64"):
        main(["receive", "--data", "x", *BROKER, f"--keep-days={days}"])
    assert "want 1 to 3650 days" in capsys.readouterr().err
