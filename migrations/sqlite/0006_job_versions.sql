-- Which jobs were served, with which schedule, from when to when: so that the ticks which came while
-- nothing ran can be told later, by the schedule that held then.
create table job_versions (
    job_id     integer not null references jobs,
    schedule   text    not null,
    timezone   text    not null,
    config_id  integer not null references texts,
    valid_from integer not null,
    valid_to   integer check (valid_to >= valid_from)
) strict;

create unique index job_versions_open on job_versions (job_id) where valid_to is null;
create index job_versions_of_job on job_versions (job_id, valid_from);
