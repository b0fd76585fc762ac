-- What everything else points at. Times are milliseconds since the Unix epoch, UTC; the views
-- have them as text. People build on the views; tables change by migration.

pragma application_id = 1634756963; -- "apic": tells a store from other SQLite files

create table store (
    one        integer primary key check (one = 1),
    id         text    not null,
    created_at integer not null
) strict;

-- Who may have live runs. A process is known dead only on its own host.
create table processes (
    id          integer primary key autoincrement,
    host        text    not null,
    boot_id     text,
    pid         integer not null,
    pid_started integer, -- field 22 of /proc/PID/stat: a pid alone is given out again
    started_at  integer not null,
    lease_until integer,
    gone_at     integer
) strict;

create index processes_present on processes (host) where gone_at is null;

-- Names are stored once and are integers everywhere else. They are never deleted, so that a
-- writer may remember their numbers.
create table jobs (
    id   integer primary key,
    name text    not null unique
) strict;

create table texts (
    id   integer primary key,
    name text    not null unique
) strict;
