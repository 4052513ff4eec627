"""The stack of deploy/, linted, and made by moto: what is in it then."""

import json
import subprocess
from ast import literal_eval
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.api import lint_file
from cfnlint.decode import decode
from moto import mock_aws
from moto.core.common_models import CloudFormationModel

from tests.helpers.paths import ROOT
from tools.aws_cost import HOURS, Size, amounts

REGION, ACCOUNT = "us-east-1", "123456789012"
BUCKET = f"arn:aws:s3:::dld-{ACCOUNT}-{REGION}"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dld"
SECRETS = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"


class Secret(CloudFormationModel):
    """A secret of a stack, of which moto knows none: its ARN alone."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = f"{SECRETS}{name.split('-')[1]}"

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::Secret"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, *_: Any, **__: Any) -> "Secret":
        return cls(resource_name)


@pytest.fixture(scope="module", autouse=True)
def made() -> Iterator[None]:
    """All that two shards need, in an Amazon of this process alone."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        create("dld", "stack.yaml", **whole(), Shards="2")
        for k in "01":
            create(f"dld-shard-{k}", "shard.yaml", Shard=k, Shards="2", PipelineImage="pipeline")
        yield


def whole() -> dict[str, str]:
    """What the user gives, but for the shards."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    places = [(f"10.0.{k}.0/24", f"{REGION}{zone}") for k, zone in enumerate("ab")]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for cidr, zone in places
    ]
    certificate = boto3.client("acm").request_certificate(DomainName="*.example.org")
    return {
        "Vpc": vpc, "Subnets": ",".join(subnets), "Certificate": certificate["CertificateArn"],
        "EbsHost": "ebs.example.org", "DashboardHost": "mood.example.org",
        "PipelineImage": "pipeline", "EbsImage": "ebs", "DashboardImage": "dashboard",
        "ClientIds": "abc", "OidcClientId": "def",
    }  # fmt: skip


def create(name: str, template: str, **parameters: str) -> None:
    with pytest.warns(UserWarning, match="not supported by moto"):
        boto3.client("cloudformation").create_stack(
            StackName=name, TemplateBody=(ROOT / "deploy" / template).read_text("utf-8"),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )  # fmt: skip


def test_the_templates_have_neither_errors_nor_warnings() -> None:
    for name in ("stack.yaml", "shard.yaml"):
        assert lint_file(ROOT / "deploy" / name) == []


def test_a_queue_a_shard_keeps_text_an_hour_and_a_body_that_kills_ten_times_is_put_aside() -> None:
    sqs = boto3.client("sqs")
    for name in ("dld-0", "dld-1", "dld-dead"):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        has = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (has["MessageRetentionPeriod"], has["SqsManagedSseEnabled"]) == ("3600", "true")
        if name != "dld-dead":
            redrive = {"deadLetterTargetArn": f"{QUEUE}-dead", "maxReceiveCount": 10}
            assert json.loads(has["RedrivePolicy"]) == redrive
            assert has["VisibilityTimeout"] == "45"


def test_the_bucket_is_private_encrypted_and_keeps_no_versions() -> None:
    s3, name = boto3.client("s3"), BUCKET.rpartition(":")[2]
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    asked, _ = decode(str(ROOT / "deploy/stack.yaml"))  # moto does not heed what follows
    assert asked is not None
    bucket = asked["Resources"]["Bucket"]["Properties"]
    assert [*bucket["PublicAccessBlockConfiguration"].values()] == [True] * 4
    for name in ("BucketPolicy", "DeadLettersPolicy"):
        (rule,) = asked["Resources"][name]["Properties"]["PolicyDocument"]["Statement"]
        assert rule["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("role", "action", "resource", "may"),
    [
        ("Collect", "sqs:SendMessage", f"{QUEUE}-1", True),
        ("Collect", "sqs:ReceiveMessage", f"{QUEUE}-1", False),
        ("Collect", "s3:GetObject", f"{BUCKET}/shard-0/control.json", True),
        ("Collect", "s3:GetObject", f"{BUCKET}/shard-0/manifest.json", False),
        ("Collect", "s3:PutObject", f"{BUCKET}/shard-0/control.json", False),
        ("0", "sqs:SendMessage", f"{QUEUE}-1", False),
        ("0", "s3:GetObject", f"{BUCKET}/shard-1/manifest.json", True),
        ("0", "s3:PutObject", f"{BUCKET}/shard-1/manifest.json", False),
        ("0", "s3:DeleteObject", f"{BUCKET}/inbox/1.json", True),
        ("1", "s3:PutObject", f"{BUCKET}/shard-1/windows/a.parquet", True),
        ("1", "s3:PutObject", f"{BUCKET}/shard-0/windows/a.parquet", False),
        ("1", "s3:PutObject", f"{BUCKET}/shard-10/windows/a.parquet", False),
        ("1", "s3:GetObject", f"{BUCKET}/inbox/1.json", False),
        ("1", "s3:GetObject", f"{BUCKET}/requests/1/windows.parquet", True),
        ("1", "s3:GetObject", f"{BUCKET}/shard-0/requests.json", True),
        ("1", "s3:PutObject", f"{BUCKET}/shard-0/requests.json", False),
        ("1", "s3:GetObject", f"{BUCKET}/shard-0/trained/a/card.json", True),
        ("1", "s3:PutObject", f"{BUCKET}/shard-1/done.json", True),
        ("1", "sqs:DeleteMessage", f"{QUEUE}-1", True),
        ("1", "sqs:ReceiveMessage", f"{QUEUE}-0", False),
        ("1", "sqs:SendMessage", f"{QUEUE}-0", False),
        ("1", "sqs:SendMessage", f"{QUEUE}-dead", True),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-1/manifest.json", True),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-1/windows/a.parquet", True),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-1/bodies/a", True),
        ("1", "s3:PutObject", f"{BUCKET}/alerts/a", True),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-1/private/meta/a", False),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-0/private/learnt/a", False),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-0/private/optout/a", True),
        ("Reader", "s3:GetObject", f"{BUCKET}/shard-0/control.json", False),
        ("Reader", "s3:PutObject", f"{BUCKET}/shard-1/manifest.json", False),
        ("Reader", "s3:PutObject", f"{BUCKET}/inbox/1.json", True),
        ("Reader", "s3:PutObject", f"{BUCKET}/ebs/viewers/a.json", True),
        ("Reader", "sqs:ReceiveMessage", f"{QUEUE}-0", False),
        ("Execution", "secretsmanager:GetSecretValue", f"{SECRETS}Salt", True),
        ("Execution", "secretsmanager:GetSecretValue", f"{SECRETS}Another", False),
        ("Execution", "s3:GetObject", f"{BUCKET}/install.json", False),
    ],
)
def test_each_role_may_do_what_it_must_and_no_more(
    role: str, action: str, resource: str, may: bool
) -> None:
    assert is_allowed(statements(role), action, resource) is may


def is_allowed(rules: list[dict[str, Any]], action: str, resource: str) -> bool:
    told = [
        rule["Effect"]
        for rule in rules
        if matches(rule["Action"], action) and matches(rule["Resource"], resource)
    ]
    return "Allow" in told and "Deny" not in told


def statements(role: str) -> list[dict[str, Any]]:
    iam = boto3.client("iam")
    wanted = f"dld-shard-{role}-Role-" if role.isdigit() else f"dld-{role}Role-"
    (name,) = (r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith(wanted))
    policies = (
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    )
    # moto keeps some documents as Python writes them
    whole = (literal_eval(p) if isinstance(p, str) else p for p in policies)
    return list(chain.from_iterable(policy["Statement"] for policy in whole))


def matches(patterns: str | list[str], value: str) -> bool:
    several = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, pattern) for pattern in several)


def test_a_service_a_process_and_no_secret_stands_in_a_template() -> None:
    ecs = boto3.client("ecs")
    services = ecs.list_services(cluster="dld")["serviceArns"]
    assert len(services) == 5  # collect, EBS, dashboard, two shards
    for family in ("collect", "ebs", "dashboard", "shard-0", "shard-1"):
        task = ecs.describe_task_definition(taskDefinition=f"dld-{family}")["taskDefinition"]
        *_, container = task["containerDefinitions"]
        assert container["secrets"], family
        for secret in container["secrets"]:
            assert secret["valueFrom"].startswith(SECRETS)
            assert secret["name"] not in {pair["name"] for pair in container["environment"]}


@pytest.mark.parametrize("family", ["collect", "shard-1"])
@pytest.mark.parametrize(
    ("secret", "salt"),
    [("c2l4dGVlbiBieXRlcyAxNg==", b"sixteen bytes 16"), ("-", None)],
)
def test_the_salt_is_in_a_file_of_the_task_s_own_and_nowhere_else(
    family: str, secret: str, salt: bytes | None, tmp_path: Path
) -> None:
    task = boto3.client("ecs").describe_task_definition(taskDefinition=f"dld-{family}")
    (container,) = task["taskDefinition"]["containerDefinitions"]
    (tmp_path / "python").write_text("#!/bin/sh\nenv\necho $@\n")
    (tmp_path / "python").chmod(0o700)
    command = [word.replace("/dev/shm", str(tmp_path)) for word in container["command"]]
    done = subprocess.run(
        [*container["entryPoint"], *command], capture_output=True, text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SALT": secret},
    )  # fmt: skip
    assert (done.returncode == 0) is (salt is not None)
    assert secret not in done.stdout or secret == "-"
    if salt:
        assert (tmp_path / "salt").read_bytes() == salt
        assert (tmp_path / "salt").stat().st_mode & 0o777 == 0o600
        assert "-m pipeline" in done.stdout


def test_the_tasks_are_as_large_as_the_costs_in_the_docs_say() -> None:
    told = amounts(Size(10, 2))
    sizes = [*tasks("stack.yaml"), *2 * tasks("shard.yaml")]  # moto leaves sizes out
    assert sum(cpu for cpu, _ in sizes) * HOURS == told["Fargate, vCPU-hours"]
    assert sum(memory for _, memory in sizes) * HOURS == told["Fargate, GB-hours"]


def tasks(name: str) -> list[tuple[float, float]]:
    """(vCPU, GB) of each task that a template runs, as its defaults have it."""
    template, _ = decode(str(ROOT / "deploy" / name))
    assert template is not None
    made = template["Resources"]

    def number(value: Any) -> int:
        is_parameter = isinstance(value, dict)
        return int(template["Parameters"][value["Ref"]]["Default"] if is_parameter else value)

    found = []
    for service in (r["Properties"] for r in made.values() if r["Type"] == "AWS::ECS::Service"):
        task = made[service["TaskDefinition"]["Ref"]]["Properties"]
        size = number(task["Cpu"]) / 1024, number(task["Memory"]) / 1024
        found += [size] * number(service["DesiredCount"])
    return found


def test_nothing_but_the_load_balancer_reaches_a_task() -> None:
    ec2 = boto3.client("ec2")
    groups = {g["Description"]: g for g in ec2.describe_security_groups()["SecurityGroups"]}
    readers = groups["EBS and dashboard, from the load balancer alone"]
    balancer = groups["The load balancer, from anywhere"]
    assert groups["Collector and shards, reached by nobody"]["IpPermissions"] == []
    assert sorted(rule["FromPort"] for rule in readers["IpPermissions"]) == [8081, 8501]
    for rule in readers["IpPermissions"]:
        assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [balancer["GroupId"]]
        assert rule["IpRanges"] == []
