-- Refused credentials, and the ticks that wait for them.

-- The phase of a token endpoint's answer is called `mint` now, and what a token was granted may stand in its claims. A
-- check cannot be changed in place.
drop view v_diagnoses;

create table diagnoses_anew (
    id             integer primary key autoincrement,
    run_id         integer not null,
    seq            integer not null,
    job_id         integer not null references jobs,
    at             integer not null,
    phase          text    not null check (phase in ('mint', 'api')),
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
    granted_scopes text             check (json_valid(granted_scopes)), -- as the API sees them: claims, else the reply
    missing_scopes text    not null check (json_valid(missing_scopes)),
    evidence       text    not null check (json_valid(evidence)) -- holds the requested scopes
) strict;

insert into diagnoses_anew (id, run_id, seq, job_id, at, phase, status, verdict, rule, confidence, retry, healed,
                            summary, remedy, granted_scopes, missing_scopes, evidence)
select id, run_id, seq, job_id, at, iif(phase = 'token', 'mint', phase), status, verdict, rule, confidence, retry,
       healed, summary, remedy, json_extract(evidence, '$.token.granted_scopes'), missing_scopes, evidence
from diagnoses order by id;

-- Numbers of diagnoses that were pruned are not given out again.
delete from sqlite_sequence where name = 'diagnoses_anew';
insert into sqlite_sequence (name, seq) select 'diagnoses_anew', seq from sqlite_sequence where name = 'diagnoses';

drop table diagnoses;
alter table diagnoses_anew rename to diagnoses;

create index diagnoses_of_run on diagnoses (run_id);
create index diagnoses_at on diagnoses (at);

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
    diagnoses.granted_scopes,
    diagnoses.missing_scopes,
    diagnoses.evidence
from diagnoses
join jobs on jobs.id = diagnoses.job_id;

-- The verdict stands here as well: a diagnosis goes by its age, which is more than that of the incident.
create table incidents (
    id            integer primary key autoincrement,
    credential_id integer not null references texts,
    verdict       text    not null,
    opened_at     integer not null,
    closed_at     integer,
    probes        integer not null default 0 check (probes >= 0),
    probe_at      integer not null, -- when the token endpoint is asked next
    diagnosis_id  integer not null, -- no reference: see above
    waiting_jobs  integer check (waiting_jobs >= 0), -- when it was closed
    check ((closed_at is null) = (waiting_jobs is null))
) strict;

create unique index incidents_open on incidents (credential_id) where closed_at is null;
create index incidents_closed on incidents (closed_at) where closed_at is not null;

-- What a row waits for, or waited for. No reference: incidents are pruned without a look at every run.
alter table runs add column incident_id integer check (incident_id is not null or state <> 'held');
create index runs_of_incident on runs (incident_id)
where state in ('waiting', 'held', 'running') and incident_id is not null;

-- Rows that waited are claimed anew when they are released, with numbers that are older.
create index runs_released on runs (claimed_at) where incident_id is not null;

create view v_incidents as
select
    incidents.id,
    credentials.name as credential,
    incidents.verdict,
    strftime('%Y-%m-%dT%H:%M:%fZ', incidents.opened_at / 1000.0, 'unixepoch') as opened_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', incidents.closed_at / 1000.0, 'unixepoch') as closed_at,
    incidents.probes,
    coalesce(incidents.waiting_jobs,
        (select count(distinct runs.job_id) from runs
         where runs.incident_id = incidents.id and runs.state in ('waiting', 'held', 'running')
           and runs.state = 'held')) as waiting_jobs,
    incidents.diagnosis_id
from incidents
join texts as credentials on credentials.id = incidents.credential_id;

-- Credentials that are granted less than they ask for, so that it is told once.
create table narrowed (
    credential_id integer not null references texts,
    asked_id      integer not null references texts,
    missing_id    integer not null references texts,
    at            integer not null,
    primary key (credential_id, asked_id)
) strict, without rowid;
