-- How each instance of an alert stands, what somebody is to be told, and what nobody wants to hear.

create table alerts (
    name        text    not null,
    series      text    not null, -- JOB.METRIC, JOB.METRIC{LABEL}, JOB or credential.NAME
    step        text    not null, -- empty for a rule without steps
    kind        text    not null,
    severity    text    not null check (severity in ('notice', 'page')),
    state       text    not null check (state in ('ok', 'pending', 'firing', 'unknown', 'silenced')),
    since       integer not null,
    value       real,
    threshold   real,
    reason      text    not null,
    why         text    not null default '[]' check (json_valid(why)), -- the formulas with their values
    unit        text,
    -- What the next judgement has to know of the last.
    readings    integer not null check (readings >= 0),
    read_at     integer,
    holds_since integer,
    is_on       integer not null check (is_on in (0, 1)),
    is_told     integer not null check (is_told in (0, 1)),
    is_lost     integer not null check (is_lost in (0, 1)),
    told_period integer,
    told_limit  real,
    judged_at   integer not null,
    -- Counts the writes: of two processes that judge the same, one writes.
    revision    integer not null,
    primary key (name, series, step)
) strict, without rowid;

create table silences (
    alert   text    primary key,
    at      integer not null,
    until   integer not null,
    reason  text
) strict, without rowid;

-- Messages by channel, in the order in which they are told. A row stays after its message left, until it is old.
create table outbox (
    id          integer primary key autoincrement,
    channel     text    not null,
    message_key text    not null,
    message     text    not null check (json_valid(message)),
    made_at     integer not null,
    -- The messages that were sent together and may have arrived: they are sent again as the same batch.
    batch       integer,
    attempts    integer not null default 0,
    next_at     integer not null,
    error       text,
    sent_at     integer,
    given_up_at integer,
    check (sent_at is null or given_up_at is null),
    unique (channel, message_key)
) strict;

create index outbox_waiting on outbox (channel, id) where sent_at is null and given_up_at is null;
create index outbox_over on outbox (made_at) where sent_at is not null or given_up_at is not null;

-- Which process sends what is for a channel, while it lives: two at once would change its order.
create table senders (
    channel    text    primary key,
    process_id integer not null -- no reference: a row that was left behind would keep its process from being pruned
) strict, without rowid;

create view v_alerts as
select
    alerts.name,
    alerts.series,
    alerts.kind,
    alerts.severity,
    alerts.state,
    alerts.value,
    alerts.threshold,
    strftime('%Y-%m-%dT%H:%M:%fZ', alerts.since / 1000.0, 'unixepoch') as since,
    strftime('%Y-%m-%dT%H:%M:%fZ', silences.until / 1000.0, 'unixepoch') as silenced_until,
    alerts.reason,
    alerts.step
from alerts
left join silences on silences.alert = alerts.name;
