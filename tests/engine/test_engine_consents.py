"""What the user has agreed to: for which contents, for how long, and until it is taken back."""

import json

import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.consents import Consent, Consents

MODEL, OTHER, CLASSES = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def file(tmp_path):
    return tmp_path / "user" / "consents.json"


@pytest.fixture
def kept(file):
    consents = Consents()
    consents.keep_in(file)
    return consents


def test_nothing_may_run_unless_it_was_agreed_to(kept, file):
    assert not kept.allows(MODEL)
    assert kept.entries == ()
    assert not file.exists()


def test_consent_is_to_a_model_or_to_a_pair_and_to_nothing_else(kept):
    kept.allow(Consent(MODEL, "", "network.keras"))
    kept.allow(Consent(OTHER, CLASSES, "other.keras with layers.py"))
    pairs = [(MODEL, ""), (OTHER, CLASSES), (MODEL, CLASSES), (OTHER, ""), ("", ""), ("", CLASSES)]
    assert [kept.allows(*pair) for pair in pairs] == [True, True, False, False, False, False]


def test_what_was_agreed_to_is_remembered_by_the_next_blender(kept, file):
    kept.allow(Consent(OTHER, CLASSES, "other.keras with layers.py"))
    kept.allow(Consent(OTHER, CLASSES, "renamed.keras with layers.py"))
    assert json.loads(file.read_text()) == [
        {"model": OTHER, "classes": CLASSES, "name": "renamed.keras with layers.py"}
    ]
    later = Consents()
    later.keep_in(file)
    assert later.allows(OTHER, CLASSES)
    assert [entry.name for entry in later.entries] == ["renamed.keras with layers.py"]


def test_it_can_be_withdrawn_one_by_one_or_altogether_in_any_blender(kept, file):
    other = Consents()
    other.keep_in(file)
    for name in ("1", "2", "3"):
        kept.allow(Consent(name * 64, "", name))
    other.withdraw(1)
    assert [entry.name for entry in kept.entries] == ["1", "3"]
    other.withdraw(7)
    assert len(kept.entries) == 2
    other.withdraw()
    assert kept.entries == ()
    assert not kept.allows("1" * 64)


def test_without_a_file_it_holds_for_this_process_only(file):
    consents = Consents()
    consents.allow(Consent(MODEL))
    assert consents.allows(MODEL)
    assert not Consents().allows(MODEL)
    consents.keep_in(None)
    assert not consents.allows(MODEL)
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "{", "7", "[7]", '[{"model": "a"}]', "null"])
def test_a_damaged_record_allows_nothing_and_can_be_written_again(content, kept, file):
    file.parent.mkdir()
    file.write_text(content)
    assert kept.entries == ()
    kept.allow(Consent(MODEL))
    assert kept.allows(MODEL)


def test_a_record_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "user").write_text("a file where a folder should be")
    consents = Consents()
    consents.keep_in(tmp_path / "user" / "consents.json")
    with pytest.raises(UserError) as caught:
        consents.allow(Consent(MODEL))
    assert caught.value.code == "consent.failed"
    assert not consents.allows(MODEL)
