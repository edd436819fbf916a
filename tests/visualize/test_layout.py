"""Which engine is asked, and what is said when none can: a branch of the chain, a test."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from visualize import RenderError, engines, layout
from visualize.layout import convert

if sys.platform == "win32":
    pytest.skip("the pretended engines are shell scripts", allow_module_level=True)

TEXT = "digraph { a }"
CHINESE = 'digraph { a [label="输入"] }'


def pure(machine, body=""):
    return machine.install(machine.scripts, "graphviz-pure", body)


def dot(machine, body=""):
    return machine.install(machine.path, "dot", body)


def who(format="svg", text=TEXT, **options):
    """Return which engine made the picture."""
    return convert(text, format, **options).decode().split()[0]


def test_graphviz_pure_is_asked_before_dot(machine):
    pure(machine)
    dot(machine)
    assert who() == "graphviz-pure"


def test_graphviz_pure_is_found_on_path_too(machine):
    machine.install(machine.path, "graphviz-pure")
    assert who() == "graphviz-pure"


def test_the_environments_own_scripts_come_before_path(machine):
    pure(machine, "echo scripts")
    machine.install(machine.path, "graphviz-pure", "echo path")
    assert who() == "scripts"


def test_dot_is_asked_where_graphviz_pure_is_missing(machine):
    dot(machine)
    assert who() == "dot"


def test_the_users_own_engine_is_asked_first(machine, monkeypatch):
    pure(machine)
    dot(machine)
    own = machine.install(machine.path, "own")
    for name in (str(own), "own"):
        monkeypatch.setenv("AUTODIFF_DOT", name)
        assert who() == "own"
        assert who("pdf") == "own"
        assert who("png", CHINESE) == "own"


def test_the_users_own_engine_may_be_graphviz_pure_and_then_makes_no_pdf(machine, monkeypatch):
    monkeypatch.setenv("AUTODIFF_DOT", str(pure(machine)))
    dot(machine)
    assert who("pdf") == "dot"


def test_a_wrong_name_of_an_engine_is_said_at_once(machine, monkeypatch):
    pure(machine)
    monkeypatch.setenv("AUTODIFF_DOT", "/nowhere/dot")
    with pytest.raises(RenderError, match=r"AUTODIFF_DOT is '/nowhere/dot'.*correct it or unset"):
        convert(TEXT, "svg")


def test_an_empty_variable_names_no_engine(machine, monkeypatch):
    pure(machine)
    monkeypatch.setenv("AUTODIFF_DOT", "")
    assert who() == "graphviz-pure"


@pytest.mark.parametrize("format", ["png", "jpg", "jpeg"])
def test_a_bitmap_of_chinese_asks_dot_first(machine, format):
    pure(machine)
    dot(machine)
    assert who(format, CHINESE) == "dot"
    assert who(format) == "graphviz-pure"


def test_an_svg_of_chinese_stays_with_graphviz_pure(machine):
    pure(machine)
    dot(machine)
    assert who("svg", CHINESE) == "graphviz-pure"


def test_a_bitmap_of_chinese_without_dot_warns_of_boxes(machine):
    pure(machine)
    with pytest.warns(UserWarning, match="lack 输入, so the picture has boxes there; write SVG"):
        assert who("png", CHINESE) == "graphviz-pure"


def test_our_own_signs_are_in_graphviz_pures_fonts(machine):
    pure(machine)
    dot(machine)
    assert who("png", "t₁ × ∂y²/∂x ŷ σ – … · ≤") == "graphviz-pure"


def test_pdf_is_for_dot(machine):
    pure(machine)
    dot(machine)
    assert who("pdf") == "dot"


def test_pdf_without_dot_is_made_from_svg(machine, monkeypatch):
    pure(machine)
    monkeypatch.setattr(layout, "find_spec", lambda name: name == "svglib")
    monkeypatch.setattr(layout, "_pdf", lambda svg: b"pdf of " + svg)
    assert convert(TEXT, "pdf").startswith(b"pdf of graphviz-pure -Tsvg")


def test_pdf_by_svglib_is_a_pdf_and_warns_of_what_its_fonts_lack():
    pytest.importorskip("svglib")
    svg = convert('digraph { a [label="t₁ × 2"] }', "svg")
    assert layout._pdf(svg).startswith(b"%PDF")
    with pytest.warns(UserWarning, match="fonts of svglib lack 输入, so"):
        layout._pdf(convert(CHINESE, "svg"))


def test_an_engine_that_fails_leaves_the_work_to_the_next(machine):
    pure(machine, "echo broken >&2; exit 3")
    dot(machine)
    assert who() == "dot"


def test_an_engine_that_cannot_be_started_leaves_the_work_to_the_next(machine):
    pure(machine).write_bytes(b"\x7fELF nonsense")
    dot(machine)
    assert who() == "dot"


def test_when_all_fail_the_error_says_what_each_of_them_said(machine):
    pure(machine, "echo syntax error >&2; exit 3")
    dot(machine, "exit 0")
    with pytest.raises(RenderError) as caught:
        convert(TEXT, "svg", path="J.svg")
    first, *others = str(caught.value).splitlines()
    assert first == "cannot write J.svg: the layout engine failed."
    assert others[0].endswith("graphviz-pure: exit status 3: syntax error")
    assert others[1].endswith("dot: exit status 0: no picture")
    assert others[-1] == '  Or write DOT now, which needs nothing:  draw(J).save("J.dot")'


def test_the_error_for_pdf_says_what_was_found_and_what_helps(machine):
    path = pure(machine, "echo 'graphviz-pure version 9.8.7 (x)' >&2")
    with pytest.raises(RenderError) as caught:
        convert(TEXT, "pdf", path="J.pdf")
    assert str(caught.value) == (
        "cannot write J.pdf: no installed engine makes PDF.\n"
        f"  found:  graphviz-pure 9.8.7 (svg, png, jpg) at {path}\n"
        "  Any one of these helps:\n"
        "    pip install svglib                     (no system package)\n"
        "    sudo apt install graphviz   |   brew install graphviz   |   winget install graphviz\n"
        '  Or write SVG now, which needs nothing:  draw(J).save("J.svg")'
    )


def test_the_error_without_any_engine_offers_the_text(machine):
    with pytest.raises(RenderError) as caught:
        convert(TEXT, "svg")
    assert str(caught.value) == (
        "cannot make SVG: no installed engine makes SVG.\n"
        "  found:  none\n"
        "  Any one of these helps:\n"
        "    pip install graphviz-pure              (no system package)\n"
        "    sudo apt install graphviz   |   brew install graphviz   |   winget install graphviz\n"
        '  Or write DOT now, which needs nothing:  draw(J).save("J.dot")'
    )


def test_engines_are_listed_with_versions_in_the_order_of_the_chain(machine, monkeypatch):
    assert engines() == []
    dot(machine, "echo 'dot - graphviz version 2.43.0 (0)' >&2")
    pure(machine, "echo 'graphviz-pure - graphviz-pure version 0.2.2 (Rust port of 16.1.0)'")
    monkeypatch.setenv("AUTODIFF_DOT", str(machine.install(machine.path, "mute", "exit 1")))
    assert [repr(engine).partition(" at ")[0] for engine in engines()] == [
        "AUTODIFF_DOT (svg, png, jpg, pdf)",
        "graphviz-pure 0.2.2 (svg, png, jpg)",
        "dot 2.43.0 (svg, png, jpg, pdf)",
    ]


def test_the_complaint_about_widths_is_swallowed_and_no_other(machine, capfd):
    width = "Warning: Warning: no value for width of non-ASCII character 195. Falling back to x"
    pure(machine, f"echo svg; echo '{width}' >&2; echo '{width}' >&2; echo 'Warning: else' >&2")
    convert(TEXT, "svg")
    assert capfd.readouterr().err == "Warning: else\n"


def test_quiet_keeps_all_complaints_back(machine, capfd):
    pure(machine, "echo svg; echo 'Warning: else' >&2")
    convert(TEXT, "svg", quiet=True)
    assert capfd.readouterr().err == ""


def test_the_text_reaches_the_engine_as_utf8(machine):
    pure(machine, "exec /bin/cat")
    assert convert(CHINESE, "svg").decode() == CHINESE


def test_an_engine_that_reads_nothing_does_no_harm(machine):
    pure(machine, "echo picture")
    assert convert("x" * 10_000_000, "svg") == b"picture\n"


def alive(process: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_an_engine_that_hangs_is_ended_with_all_that_it_started(machine, monkeypatch, tmp_path):
    note = tmp_path / "pids"
    pure(machine, f"/bin/sleep 60 & echo $! $$ > {note}; /bin/sleep 60")
    dot(machine)
    monkeypatch.setattr(layout, "TIMEOUT", 0.4)
    start = time.monotonic()
    with pytest.raises(RenderError, match=r"no picture after 0\.4 seconds, so it was stopped"):
        convert(TEXT, "svg")
    assert time.monotonic() - start < 5.0
    processes = [int(word) for word in note.read_text().split()]
    deadline = time.monotonic() + 5.0
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(alive, processes))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_an_interrupted_call_leaves_no_process_behind(machine, monkeypatch, tmp_path):
    import subprocess

    note = tmp_path / "pid"
    pure(machine, f"echo $$ > {note}; /bin/sleep 60")

    def interrupted(self, *args, **options):
        while not note.exists() or not note.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(TEXT, "svg")
    assert not alive(int(note.read_text()))


def test_the_engine_that_comes_with_us_is_here_and_draws():
    """Not pretended: the real one."""
    if os.environ.get("AUTODIFF_DOT"):
        pytest.skip("the user's own engine is asked")
    assert engines(), "pip install graphviz-pure"
    assert convert(TEXT, "svg", "-Kdot").lstrip().startswith(b"<?xml")
    assert convert(TEXT, "png", "-Kdot").startswith(b"\x89PNG")
