"""An HTTP client of an emulator."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import requests

from activity_emulator import Emulator

APRIL_2018 = {"date_from": "2018-04-01T00:00:00+11:00", "date_to": "2018-04-30T23:59:59+11:00"}
JUNE_2019 = {"date_from": "2019-06-15T00:00:00+11:00", "date_to": "2019-06-30T23:59:59+11:00"}


@dataclass(frozen=True)
class Client:
    """One API token's requests to one emulator."""

    emulator: Emulator
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Auth-Api-Token": self.token or self.emulator.token}

    def get(self, name: str) -> requests.Response:
        return requests.get(f"{self.emulator.api_url}/{name}", headers=self.headers, timeout=60)

    def post(self, body: str | bytes) -> requests.Response:
        url = f"{self.emulator.api_url}/activity/reports"
        data = body.encode() if isinstance(body, str) else body
        return requests.post(url, headers=self.headers, data=data, timeout=60)

    def report(self, **body: Any) -> requests.Response:
        url = f"{self.emulator.api_url}/activity/reports"
        return requests.post(url, headers=self.headers, json=body, timeout=60)

    def figures(self, report_type: str, **body: Any) -> Any:
        answer = self.report(type=report_type, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, token: str) -> requests.Response:
        return requests.get(
            self.emulator.status_url, headers=self.headers, params={"token": token}, timeout=60
        )


def error(answer: requests.Response) -> tuple[int, Any]:
    """Return status and body of a refusal."""
    return answer.status_code, answer.json()


def exported(client: Client, report_type: str, **body: Any) -> list[dict[str, str]]:
    """Return an export's rows by column, through all three steps; the emulator completes it at once."""
    token = client.figures(report_type, **body)["token"]
    content = requests.get(client.status(token).json()["url"], timeout=60).content.decode()
    return list(csv.DictReader(io.StringIO(content, newline="")))
