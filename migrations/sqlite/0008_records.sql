-- What calls read of lists and files, and what later runs ask of it.

-- Numbers and names as elsewhere; `columns` are those of the view v_records_NAME, as a JSON array.
create table collections (
    id      integer primary key,
    name    text    not null unique,
    columns text    not null default '[]' check (json_valid(columns))
) strict;

-- Written where something is new, other or gone, and only then: bodies are wide.
-- No reference to the run: records are kept for good.
create table records (
    id            integer primary key,
    collection_id integer not null references collections,
    key           text    not null check (key <> ''),
    body          text    not null,
    columns       text,
    first_seen_at integer not null,
    changed_at    integer not null, -- of the body; also when it came back
    gone_at       integer,
    run_id        integer not null, -- the run that wrote this row last
    unique (collection_id, key)
) strict;

-- Holds all that the search for what is gone needs, so that it passes no bodies.
create index records_there on records (collection_id, gone_at) where gone_at is null;

-- When a record was seen last, apart from it: an unchanged list writes these narrow rows alone.
-- No reference: it would be looked up for each of them, and records are never deleted.
create table sightings (
    record_id  integer primary key,
    listing_id integer not null,
    at         integer not null
) strict;

-- Readings of a list, each by one call of a run and of its repeats, until one of them succeeds.
create table listings (
    id            integer primary key autoincrement, -- later ones have greater numbers, for good
    job_id        integer not null references jobs,
    call_id       integer not null references texts,
    collection_id integer not null references collections,
    scheduled_for integer not null,
    first_manual  integer, -- the manual run at the head of the chain; null where a tick is
    config_id     integer not null references texts, -- a cursor means nothing to a job that has changed
    goes_on       integer not null check (goes_on in (0, 1)), -- 0: each run begins anew
    begun_at      integer not null,
    completed_at  integer,
    gone          integer not null default 0 check (gone >= 0), -- records that it marked
    run_id        integer not null, -- the run that opened it last
    moved_by      integer  -- the run that got further with it last
) strict;

create index listings_of_tick on listings (job_id, scheduled_for);
create index listings_of_run on listings (run_id);
create index listings_moved on listings (moved_by) where moved_by is not null;

-- How far each element of a listing was read; '' for a call without elements.
create table progress (
    listing_id integer not null references listings,
    element    text    not null,
    next       text,
    pages      integer not null check (pages >= 0),
    seen       integer not null check (seen >= 0),
    new        integer not null check (new >= 0),
    changed    integer not null check (changed >= 0),
    primary key (listing_id, element)
) strict, without rowid;

-- What the next run of a job sees as $state.
create table remembered (
    job_id integer not null references jobs,
    name   text    not null,
    value  text    not null check (json_valid(value)),
    at     integer not null,
    run_id integer not null,
    primary key (job_id, name)
) strict, without rowid;

-- Files that an API took, by the fingerprint of their bytes.
create table uploads (
    job_id  integer not null references jobs,
    call_id integer not null references texts,
    file    text    not null,
    sha256  text    not null,
    at      integer not null,
    run_id  integer not null,
    primary key (job_id, call_id, file)
) strict, without rowid;

create view v_records as
select
    collections.name as collection,
    records.key,
    records.body,
    strftime('%Y-%m-%dT%H:%M:%fZ', records.first_seen_at / 1000.0, 'unixepoch') as first_seen_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', records.changed_at / 1000.0, 'unixepoch') as changed_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', sightings.at / 1000.0, 'unixepoch') as last_seen_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', records.gone_at / 1000.0, 'unixepoch') as gone_at,
    records.run_id
from records
join collections on collections.id = records.collection_id
left join sightings on sightings.record_id = records.id;
