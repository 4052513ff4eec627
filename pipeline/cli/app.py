"""Commands of `python -m pipeline` by name: the one place to add one."""

from collections.abc import Mapping

# by name: module and function, or application; loaded when it is asked for
COMMANDS: Mapping[str, str] = {
    "run": "pipeline.cli.run:run",
    "collect": "pipeline.cli.collect:collect",
    "import": "pipeline.cli.data:import_",
    "backtest": "pipeline.cli.backtest:backtest",
    "score": "pipeline.cli.score:score",
    "vocabulary": "pipeline.cli.vocabulary:vocabulary",
    "channels": "pipeline.cli.channels:channels",
    "doctor": "pipeline.doctor.command:doctor",
    "login": "pipeline.cli.login:login",
    "recap": "pipeline.cli.recap:recap",
    "inbox": "pipeline.cli.inbox:inbox",
    "forget": "pipeline.cli.privacy:forget",
    "opt-out": "pipeline.cli.privacy:opt_out",
    "export": "pipeline.cli.data:export",
    "backup": "pipeline.cli.data:backup",
    "restore": "pipeline.cli.data:restore",
}
