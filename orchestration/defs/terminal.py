"""How a run looks on a terminal: which step, how far, what failed. One line each, the running step live."""

import logging
import time

import dagster as dg
from rich.console import Console
from rich.markup import escape

from orchestration.sources import registry

STEP_WORDS = {
    "registry": "landing the register of missions",
    **{name: f"extracting from {registry.platform(name).title}" for name in registry.PLATFORMS},
    "platform_exports": "landing exported posts",
    "sheets": "landing training sheets",
    "xapi": "extracting from the learning record store",
    "moodle": "extracting from Moodle",
    "zoom": "landing Zoom's meetings",
    "teams": "landing Teams' meetings",
    "identity__people": "telling who is who",
    "enrichment": "reading the posts' texts",
    "landed_records": "auditing what was landed",
    "warehouse": "building and testing the models",
    "modelled_records": "auditing the marts",
    "published__marts": "publishing",
    "published__data_docs": "writing Data Docs",
}


class TerminalHandler(logging.Handler):
    """Writes a run's events as a person wants to read them."""

    def __init__(self, console: Console):
        super().__init__()
        self._console = console
        self._status = console.status("")
        self._started: dict[str, float] = {}
        self._step, self._models = "", 0

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            # Errors are Dagster's own words on steps it left out; what failed is told at the run's end.
            if record.levelno == logging.WARNING:
                self._line(f"  [yellow]{escape(_message(record))}[/]")
            elif record.levelno == logging.INFO and self._step != "warehouse":
                # Of the models' step the count is enough; dbt's own words are in the step's log.
                self._show(_message(record))
            return
        match event.event_type_value:
            case "STEP_START":
                self._step, self._models = event.step_key, 0
                self._started[event.step_key] = time.monotonic()
                self._show("")
            case "ASSET_MATERIALIZATION" if event.step_key == "warehouse":
                self._models += 1
                if self._console.is_terminal:
                    self._show(f"{self._models} models")
            case "STEP_SUCCESS":
                self._end("[green]✓[/]", event.step_key)
            case "STEP_FAILURE":
                self._end("[red]✗[/]", event.step_key)
            case "PIPELINE_SUCCESS" | "PIPELINE_FAILURE" | "PIPELINE_CANCELED":
                self._status.stop()

    def _show(self, detail: str) -> None:
        text = f"{STEP_WORDS.get(self._step, self._step)}  [dim]{escape(detail)}[/]"
        if self._console.is_terminal:
            self._status.update(text)
            self._status.start()
        else:
            self._line(f"… {text}")

    def _end(self, mark: str, step: str) -> None:
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        models = f"  {self._models} models" if step == "warehouse" else ""
        self._line(f"{mark} {STEP_WORDS.get(step, step)}[dim]{models}  {seconds:.1f} s[/]")

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def _message(record: logging.LogRecord) -> str:
    """The words alone: Dagster puts the run and step in front of them."""
    return getattr(record, "dagster_meta", {}).get("orig_message") or record.getMessage()


@dg.logger(None, description="A run's progress for a person at a terminal.")
def terminal(_context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("terminal")
    logger.addHandler(TerminalHandler(Console(stderr=True)))
    return logger


@dg.definitions
def loggers() -> dg.Definitions:
    return dg.Definitions(loggers={"terminal": terminal, "console": dg.colored_console_logger})
