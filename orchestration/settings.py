"""Settings, read from the environment (prefix ``SIFARAT_``).

Secrets are ``SecretStr``: printing a setting, a log line or an exception never shows them.
"""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_DIR = Path(__file__).resolve().parent.parent
SHIPPED_MAPPINGS = PROJECT_DIR / "orchestration" / "mappings"


class Settings(BaseSettings):
    """Everything a run can be told. Paths are made absolute; days are UTC."""

    model_config = SettingsConfigDict(env_prefix="SIFARAT_", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(PROJECT_DIR / "data", description="Landing, warehouse, publications, Dagster's storage")
    inbox: Path | None = Field(None, description="Folder of exported files and training sheets, read in place")
    registry_dir: Path | None = Field(None, description="Folder with the ministry's missions.csv and accounts.csv")
    first_day: date = Field(date(2026, 1, 1), description="First daily partition (UTC)")

    x_base_url: str = Field("https://api.x.com", description="X API v2, without the /2")
    x_bearer_token: SecretStr | None = Field(None, description="App-only bearer token of X API v2")
    x_private_metrics: bool = Field(False, description="Ask for non-public and organic metrics; needs an owner's token")
    x_nightly_budget_usd: float | None = Field(None, gt=0, description="Most that X may charge for a night")
    x_usd_per_post_read: float = Field(0.005, gt=0, description="X's price of a post returned")
    x_usd_per_user_read: float = Field(0.010, ge=0, description="X's price of a user returned")

    bluesky_base_url: str = Field("https://public.api.bsky.app", description="Bluesky's AppView, without /xrpc")
    youtube_base_url: str = Field("https://www.googleapis.com", description="YouTube Data API, without /youtube/v3")
    youtube_api_key: SecretStr | None = Field(None, description="API key of a Google Cloud project")
    youtube_daily_quota: int = Field(10_000, ge=1, description="Units a day that the project may use of the Data API")
    youtube_analytics_base_url: str = Field(
        "https://youtubeanalytics.googleapis.com", description="YouTube Analytics API, without /v2"
    )
    youtube_analytics_token: SecretStr | None = Field(
        None, description="OAuth access token (scope yt-analytics.readonly); without it no daily analytics are read"
    )
    facebook_base_url: str = Field("https://graph.facebook.com", description="Meta's Graph API, without the version")
    instagram_base_url: str = Field("https://graph.facebook.com", description="The same, where Instagram is read")
    meta_graph_version: str = Field("v25.0", description="Graph API version for Facebook and Instagram")
    meta_access_token: SecretStr | None = Field(None, description="A system user's token, for Facebook and Instagram")
    meta_token_expires: date | None = Field(None, description="Last day of that token, where it has one")
    meta_usage_window_seconds: float = Field(3600, gt=0, description="After so long a call no longer counts at Meta")
    mastodon_base_url: str = Field("https://{server}", description="Where a Mastodon {server} is asked, without /api")
    mastodon_token: SecretStr | None = Field(None, description="Access token of an app, for one server only")
    mastodon_token_server: str | None = Field(None, description="The server that mastodon_token is for")
    linkedin_base_url: str = Field("https://api.linkedin.com", description="LinkedIn's API, without /rest")
    linkedin_access_token: SecretStr | None = Field(None, description="Token of a member who administers the pages")
    linkedin_token_expires: date | None = Field(None, description="Last day of that token: 60 days after its making")
    linkedin_version: str = Field("202611", pattern=r"^[0-9]{6}$", description="LinkedIn-Version, as YYYYMM")

    lrs_base_url: str | None = Field(None, description="A learning record store's xAPI, without /statements")
    lrs_username: str | None = Field(None, description="User of the store's basic authentication")
    lrs_password: SecretStr | None = Field(None, description="Password of that user")
    lrs_page_size: int = Field(1000, ge=1, description="Statements asked for at once; the store may give fewer")
    lrs_late_days: int = Field(
        0, ge=0, le=365, description="Days asked for around a day, where the store selects by when things happened"
    )
    lrs_home_pages: str = Field(
        "", description="Home pages of accounts that are named by service numbers, with commas between"
    )

    moodle_base_url: str | None = Field(None, description="A Moodle site, without /webservice")
    moodle_token: SecretStr | None = Field(None, description="Web service token of a user that may see all courses")
    moodle_page_size: int = Field(500, ge=1, description="Enrolled people asked for at once")
    moodle_service_number: str = Field(
        "idnumber", description="Where a service number stands: idnumber, username or a profile field's short name"
    )

    zoom_base_url: str = Field("https://api.zoom.us", description="Zoom's API, without /v2")
    zoom_oauth_url: str = Field("https://zoom.us/oauth/token", description="Where Zoom gives access tokens")
    zoom_account_id: str | None = Field(None, description="Account of a server-to-server OAuth app")
    zoom_client_id: str | None = Field(None, description="That app's client id")
    zoom_client_secret: SecretStr | None = Field(
        None, description="That app's client secret; without it no API is read"
    )
    zoom_users: str = Field("me", description="Hosts whose meetings are read, with commas between")
    teams_base_url: str = Field("https://graph.microsoft.com", description="Microsoft Graph, without /v1.0")
    teams_token: SecretStr | None = Field(None, description="Graph token (OnlineMeetingArtifact.Read.All)")
    teams_meetings: str = Field("", description="Meetings that are read, as user/meeting id, with commas between")
    meetings_zone: str = Field("UTC", description="IANA zone of the times in files exported from Zoom and Teams")
    meetings_day_first: bool | None = Field(None, description="Whether those files write 12/4 for 12 April")

    languages: str = Field(
        "ar,de,en,es,fa,fr,ru,tr,ur,zh",
        description="ISO 639-1 codes of posts; ur also in Latin letters",
    )
    enrichment_seconds: float = Field(90, ge=0, description="Most that reading texts may take of a run; 0: none")
    embeddings_base_url: str | None = Field(
        None, description="An OpenAI-compatible service, with the /v1; without it the model is embedded and offline"
    )
    embeddings_model: str = Field("text-embedding-3-small", description="Model asked for there")
    embeddings_version: str = Field("1", description="Raise it when that service changes the model behind its name")
    embeddings_api_key: SecretStr | None = Field(None, description="Key of that service, where it wants one")

    brief_base_url: str | None = Field(
        None, description="An OpenAI-compatible chat service, with the /v1; without it templates write the weekly brief"
    )
    brief_model: str = Field("gpt-4o-mini", description="Model asked for there")
    brief_api_key: SecretStr | None = Field(None, description="Key of that service, where it wants one")

    trailing_days: int = Field(
        28, ge=1, le=365, description="Posts and ended courses this young are read again nightly"
    )
    max_reject_share: float = Field(0.1, ge=0, le=1, description="A batch fails above this share of rejects")
    request_timeout_seconds: float = Field(30.0, gt=0)
    internal_hosts: str = Field(
        "", description="Hosts of base URLs that may lie in the ministry's own network, with commas between"
    )
    rate_limit_patience_seconds: float = Field(16 * 60, gt=0, description="Longest wait for a limit's reset")
    kept_publications: int = Field(7, ge=1)

    pseudonym_key_file: Path | None = Field(None, description="Key of officers' pseudonyms; made once if missing")
    suppression_key_file: Path | None = Field(
        None, description="Key of the list of erased people, where that of the pseudonyms was changed since"
    )

    review_file: Path | None = Field(None, description="Questions of who is who, and a person's answers (CSV)")

    dashboard_sign_in_file: Path | None = Field(
        None, description="Streamlit's secrets.toml with the [auth] of an OIDC provider; without it nobody signs in"
    )
    dashboard_roles_file: Path | None = Field(None, description="CSV of email, role and scope: who may see what")
    dashboard_dagster_url: str = Field("http://127.0.0.1:3000", description="Where `make ui` serves Dagster, for links")
    dashboard_stale_after_days: int = Field(2, ge=1, description="Older than this the dashboard calls its data stale")

    notify_urls: SecretStr | None = Field(
        None, description="Whom to tell of a failed night, as Apprise URLs with spaces between: mailto://, slack://, …"
    )
    stale_after_hours: float = Field(
        26, gt=0, description="Older than this the publication is told of, as a night that did not come"
    )

    sandbox_seed: int = Field(2021, description="Seed of the synthetic ministry")

    @field_validator("meetings_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is no zone of the IANA database, such as Asia/Karachi")
        return zone

    @field_validator(
        "data_dir",
        "inbox",
        "registry_dir",
        "pseudonym_key_file",
        "suppression_key_file",
        "review_file",
        "dashboard_sign_in_file",
        "dashboard_roles_file",
    )
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path else None

    @property
    def is_sandbox(self) -> bool:
        """True when nothing real was given to read: the synthetic ministry stands in, labelled as such.

        A register of the ministry's own is something real: some platforms are read without credentials.
        """
        of_others = {"embeddings_api_key", "brief_api_key", "notify_urls"}
        of_feeds = {name: value for name, value in self.__dict__.items() if name not in of_others}
        secrets = [value for value in of_feeds.values() if isinstance(value, SecretStr)]
        given = (self.inbox, self.registry_dir, self.lrs_base_url, self.moodle_base_url, *secrets)
        return all(value is None for value in given)

    @property
    def language_codes(self) -> tuple[str, ...]:
        return tuple(code.strip() for code in self.languages.split(",") if code.strip())

    @property
    def internal_host_names(self) -> frozenset[str]:
        return frozenset(host.strip().lower() for host in self.internal_hosts.split(",") if host.strip())

    @property
    def asking(self) -> dict[str, Any]:
        """Which hosts are asked, and how long an answer and the reset of a limit are waited for: as
        ``sources.http.Api`` takes it."""
        return {
            "internal_hosts": self.internal_host_names,
            "timeout_seconds": self.request_timeout_seconds,
            "patience_seconds": self.rate_limit_patience_seconds,
        }

    @property
    def landing_dir(self) -> Path:
        return self.data_dir / "landing"

    @property
    def warehouse(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def dagster_home(self) -> Path:
        return self.data_dir / "dagster"

    @property
    def pseudonym_key(self) -> Path:
        return self.pseudonym_key_file or self.data_dir / "pseudonym.key"

    @property
    def review(self) -> Path:
        return self.review_file or self.data_dir / "identity" / "review.csv"


def load_settings() -> Settings:
    """Settings of this process. Raises pydantic's ValidationError naming the variable and what it expects."""
    return Settings()
