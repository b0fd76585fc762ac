create table metrics (
    id     integer primary key,
    name   text    not null unique,
    job_id integer references jobs, -- null for a credential's
    kind   text    not null check (kind in ('gauge', 'counter', 'balance')),
    unit   text
) strict;

create index metrics_of_job on metrics (job_id);

create table series (
    id        integer primary key,
    metric_id integer not null references metrics,
    label     text    not null, -- empty for the only series of its metric
    unique (metric_id, label)
) strict;

-- `any` in a strict table keeps a value as it came: whole numbers beyond 2^53 stay exact.
-- No reference to the run: samples are kept longer.
create table samples (
    series_id    integer not null references series,
    at           integer not null,
    value        any     not null check (typeof(value) in ('integer', 'real')),
    limit_value  any     check (typeof(limit_value) in ('null', 'integer', 'real')),
    period_start integer,
    period_end   integer,
    run_id       integer,
    primary key (series_id, at)
) strict, without rowid;

create view v_samples as
select
    metrics.name as metric,
    series.label,
    strftime('%Y-%m-%dT%H:%M:%fZ', samples.at / 1000.0, 'unixepoch') as at,
    samples.value,
    samples.limit_value,
    strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_start / 1000.0, 'unixepoch') as period_start,
    strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_end / 1000.0, 'unixepoch') as period_end,
    samples.run_id
from samples
join series on series.id = samples.series_id
join metrics on metrics.id = series.metric_id;
