"""What a run works with: the settings, the landing, and where the data comes from."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster_dbt import DbtProject
from pydantic import PrivateAttr

from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.erasure.suppression import load as load_suppression
from orchestration.landing import Landing, Window
from orchestration.one_run import one_run
from orchestration.private import privately
from orchestration.publication import Publications
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.sandbox.server import Sandbox

AFTER_MIDNIGHT = timedelta(hours=1)
"""The schedule's hour: the sandbox answers for a night as of then."""


class Feeds(dg.ConfigurableResource):
    """Where this run's data comes from: the platforms and folders of the settings, or the synthetic ministry."""

    _settings: Settings = PrivateAttr()
    _sandbox: "Sandbox | None" = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["Feeds"]:
        if context.run is None:
            raise dg.DagsterInvariantViolationError("Feeds are for the steps of a run: this is none")
        self._settings = load_settings()
        # A run of the command line holds the data folder already; one that the daemon started takes it here.
        with one_run(self._settings, context.run.run_id, is_patient=True), privately(self._settings):
            if not self._settings.is_sandbox:
                yield self
                return
            from orchestration.sandbox.server import Sandbox

            with Sandbox(seed=self._settings.sandbox_seed) as self._sandbox:
                yield self

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def is_synthetic(self) -> bool:
        return self._settings.is_sandbox

    def landing(self) -> Landing:
        return Landing(
            self._settings.landing_dir,
            is_synthetic=self.is_synthetic,
            max_reject_share=self._settings.max_reject_share,
            screen=load_suppression(self._settings),
        )

    def publications(self) -> Publications:
        return Publications(self._settings.published_dir, kept=self._settings.kept_publications)

    def readings(self, window: Window) -> list[Window]:
        """How often a platform is read for ``window``: once, since it tells only the present. The sandbox can
        answer as of each night, so it is read as ninety nights would have read it."""
        return [Window.of_day(day) for day in window.days] if self.is_synthetic else [window]

    def registry_dir(self) -> Path | None:
        if self.is_synthetic and self._settings.registry_dir is None:
            from orchestration.sandbox.server import REGISTRY_DIR

            return REGISTRY_DIR
        return self._settings.registry_dir

    def inbox(self, window: Window) -> Path | None:
        """The folder of exported files; the synthetic ministry's training sheets are written as of the night."""
        if not self.is_synthetic:
            return self._settings.inbox
        from orchestration.sandbox.training import write_training_sheets

        folder = self._settings.data_dir / "sandbox-inbox"
        write_training_sheets(folder, as_of=_night_after(window), seed=self._settings.sandbox_seed)
        return folder

    def platform_settings(self, platform: str, window: Window) -> Settings:
        """The settings that a platform, or a system of the workshops, is read with: in the sandbox, its address and
        token as of the night."""
        if self._sandbox is None:
            return self._settings
        return self._settings.model_copy(update=self._sandbox.settings(platform, as_of=_night_after(window)))


def _night_after(window: Window) -> datetime:
    return window.end_at + AFTER_MIDNIGHT


dbt_project = DbtProject(project_dir=DBT_PROJECT_DIR)


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(
        resources={"feeds": Feeds()},
        # DuckDB has one writer at a time and heavy imports are paid once, so a run is one process.
        executor=dg.in_process_executor,
    )
