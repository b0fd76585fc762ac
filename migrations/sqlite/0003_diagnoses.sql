-- Kept longer than runs: hence its own job, and no reference to its run.
create table diagnoses (
    id             integer primary key autoincrement,
    run_id         integer not null,
    seq            integer not null,
    job_id         integer not null references jobs,
    at             integer not null,
    phase          text    not null check (phase in ('token', 'api')),
    status         integer not null,
    verdict        text    not null check (verdict in (
        'ok', 'missing_scope', 'scope_not_assignable', 'scope_contradiction', 'role_visibility',
        'revoked_or_rotated_secret', 'client_not_allowed', 'token_request_malformed', 'token_response_invalid',
        'token_endpoint_down', 'token_expired', 'clock_skew', 'stale_token', 'token_rejected',
        'fresh_token_rejected', 'wrong_audience', 'wrong_environment', 'credentials_missing',
        'token_type_mismatch', 'blocked_by_edge', 'plan_limit', 'rate_limited', 'upstream_error',
        'resource_forbidden', 'not_auth')),
    rule           text    not null,
    confidence     text    not null check (confidence in ('proven', 'stated', 'inferred')),
    retry          integer not null check (retry in (0, 1)),
    healed         integer not null check (healed in (0, 1)),
    summary        text    not null,
    remedy         text    not null,
    missing_scopes text    not null check (json_valid(missing_scopes)),
    evidence       text    not null check (json_valid(evidence)) -- holds requested and granted scopes
) strict;

create index diagnoses_of_run on diagnoses (run_id);

create view v_diagnoses as
select
    diagnoses.id,
    diagnoses.run_id,
    diagnoses.seq,
    jobs.name as job,
    strftime('%Y-%m-%dT%H:%M:%fZ', diagnoses.at / 1000.0, 'unixepoch') as at,
    diagnoses.phase,
    diagnoses.status,
    diagnoses.verdict,
    diagnoses.rule,
    diagnoses.confidence,
    diagnoses.retry,
    diagnoses.healed,
    diagnoses.summary,
    diagnoses.remedy,
    json_extract(diagnoses.evidence, '$.token.requested_scopes') as requested_scopes,
    json_extract(diagnoses.evidence, '$.token.granted_scopes') as granted_scopes,
    diagnoses.missing_scopes,
    diagnoses.evidence
from diagnoses
join jobs on jobs.id = diagnoses.job_id;
