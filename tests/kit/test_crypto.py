from typing import Any

import pytest

from guanxi.kit import crypto

PLACE: dict[str, Any] = {"workspace_id": 1, "table": "people_identity", "column": "sealed", "row": 7}


def test_a_sealed_value_opens_only_where_it_was_sealed() -> None:
    salt = crypto.new_salt()
    sealed = crypto.seal("+8613800002210", salt=salt, **PLACE)
    assert b"2210" not in sealed
    assert crypto.unseal(sealed, salt=salt, **PLACE) == "+8613800002210"
    for elsewhere in ({"row": 8}, {"workspace_id": 2}, {"table": "people_person"}, {"column": "plain"}):
        with pytest.raises(crypto.Unreadable):
            crypto.unseal(sealed, salt=salt, **(PLACE | elsewhere))


def test_without_the_salt_of_the_person_the_value_is_gone() -> None:
    sealed = crypto.seal("a@example.test", salt=crypto.new_salt(), **PLACE)
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(sealed, salt=crypto.new_salt(), **PLACE)


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    salt = crypto.new_salt()
    sealed = bytearray(crypto.seal("a@example.test", salt=salt, **PLACE))
    sealed[position] ^= 1
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(bytes(sealed), salt=salt, **PLACE)


def test_the_same_address_is_found_in_one_workspace_and_not_recognised_in_another() -> None:
    assert crypto.lookup(1, "email", "a@example.test") == crypto.lookup(1, "email", "a@example.test")
    assert crypto.lookup(1, "email", "a@example.test") != crypto.lookup(2, "email", "a@example.test")
    assert crypto.lookup(1, "email", "a@example.test") != crypto.lookup(1, "phone", "a@example.test")
