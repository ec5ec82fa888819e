"""A file is written whole or not at all."""

import stat

import pytest

from quantlab.whole_files import write_whole


@pytest.mark.parametrize(("given", "mode"), [({}, 0o600), ({"mode": 0o644}, 0o644)])
def test_a_file_is_replaced_with_the_permissions_asked_for(tmp_path, given, mode):
    path = tmp_path / "file.txt"
    path.write_text("old")
    write_whole(path, lambda file: file.write(b"new\n"), **given)
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def broken(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, broken, mode=0o644)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]


def test_a_missing_folder_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "gone" / "file.txt", lambda file: file.write(b""))
    assert not list(tmp_path.iterdir())
