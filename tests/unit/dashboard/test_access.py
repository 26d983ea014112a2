import pytest

from dashboard.access import EVERYTHING, AccessError, Role, Scope, check_exposure, read_roles, scope_of


@pytest.fixture
def roles_file(tmp_path):
    def write(*lines: str):
        path = tmp_path / "roles.csv"
        path.write_text("\n".join(("email,role,scope", *lines)) + "\n", encoding="utf-8")
        return path

    return write


def test_each_role_has_its_scope(roles_file):
    path = roles_file(
        "Aisha@mofa.example,officer,emb-riyadh", "b@mofa.example,region,Middle East", "c@mofa.example,headquarters,"
    )
    assert read_roles(path) == {
        "aisha@mofa.example": Scope(Role.OFFICER, "emb-riyadh"),
        "b@mofa.example": Scope(Role.REGION, "Middle East"),
        "c@mofa.example": EVERYTHING,
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nobody,officer,emb-riyadh", "line 2: email 'nobody' is no e-mail address"),
        ("a@x.example,minister,", "line 2: role 'minister' is none of officer, region, headquarters"),
        ("a@x.example,officer,", "line 2: scope ''"),
        ("a@x.example,headquarters,emb-riyadh", "line 2: scope 'emb-riyadh'"),
        ("a@x.example,officer", "line 2: scope ''"),
    ],
)
def test_a_wrong_role_is_told_with_its_line_and_field(roles_file, line, message):
    with pytest.raises(AccessError, match=message):
        read_roles(roles_file(line))


def test_two_roles_of_one_address_are_refused(roles_file):
    with pytest.raises(AccessError, match=r"line 3: email a@x\.example stands twice"):
        read_roles(roles_file("a@x.example,headquarters,", "A@x.example,officer,emb-riyadh"))


def test_a_file_without_the_columns_tells_them(tmp_path):
    (tmp_path / "roles.csv").write_text("mail,role\n", encoding="utf-8")
    with pytest.raises(AccessError, match="expected the columns email, role, scope, got mail, role"):
        read_roles(tmp_path / "roles.csv")


def test_an_unknown_or_unverified_address_has_no_scope():
    roles = {"a@x.example": EVERYTHING}
    assert scope_of({"email": "A@x.example", "email_verified": True}, roles) == EVERYTHING
    assert scope_of({"email": "A@x.example"}, roles) == EVERYTHING
    assert scope_of({"email": "a@x.example", "email_verified": False}, roles) is None
    assert scope_of({"email": "b@x.example"}, roles) is None
    assert scope_of({}, roles) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_sign_in(address):
    check_exposure(address, has_sign_in=False)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "10.0.0.4", "dashboard.mofa.example"])
def test_other_addresses_need_sign_in(address):
    check_exposure(address, has_sign_in=True)
    with pytest.raises(AccessError, match="SIFARAT_DASHBOARD_SIGN_IN_FILE"):
        check_exposure(address, has_sign_in=False)
