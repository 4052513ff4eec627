"""Alerts: rules over windows, and a webhook that they are told to."""

from pipeline.alerts.watch import Alert, Alerts, foretold
from pipeline.alerts.webhook import Webhook

__all__ = ["Alert", "Alerts", "Webhook", "foretold"]
