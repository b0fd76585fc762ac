//! Lists that are mirrored: what is new, what is other, what is gone.

use apicron::standin::{ListBody, PagingKnobs};

use crate::support::lists::{DATASETS, datasets, lines, lists, mirror, paged, run_badly, run_well};
use crate::support::standin;

/// All that is kept of each record but when it was seen last.
const KEPT: &str = "select key, body, first_seen_at, changed_at, gone_at, cast(run_id as text) from v_records
                    where collection = 'datasets' order by key";

/// What the last run said of its items.
const SAID: &str = "select metric || '=' || cast(cast(value as integer) as text) from v_samples
                    where run_id = (select max(id) from v_runs)
                    and metric in ('mirror.seen', 'mirror.new', 'mirror.changed', 'mirror.gone') order by metric";

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_moves_just_the_rows_that_moved() {
    let standin = standin::start_with(datasets(3_000, 0, 0)).await;
    let folder = lists(&standin, &mirror(""));
    run_well(&folder, "mirror");
    let first = lines(&folder, KEPT).await;
    assert_eq!(first.len(), 3_000);
    assert_eq!(
        lines(&folder, SAID).await,
        ["mirror.changed=0", "mirror.gone=0", "mirror.new=3000", "mirror.seen=3000"]
    );
    assert_eq!(standin.counts().of("GET", DATASETS), 30);

    run_well(&folder, "mirror");
    assert!(lines(&folder, KEPT).await == first, "an unchanged list changes no row");
    let seen_again = "select count(*) || '' from v_records where last_seen_at > first_seen_at";
    assert_eq!(lines(&folder, seen_again).await, ["3000"]);
    assert_eq!(lines(&folder, SAID).await, ["mirror.changed=0", "mirror.gone=0", "mirror.new=0", "mirror.seen=3000"]);

    standin.set(datasets(3_000, 10, 3));
    run_well(&folder, "mirror");
    assert_eq!(lines(&folder, SAID).await, ["mirror.changed=3", "mirror.gone=10", "mirror.new=0", "mirror.seen=2990"]);
    let third = lines(&folder, KEPT).await;
    let moved = first.iter().zip(&third).filter(|(before, after)| before != after).count();
    assert_eq!((third.len(), moved), (3_000, 13));
    let as_told = "select count(*) || ' ' || (gone_at is not null) || ' ' || (body like '%(changed)%')
                   || ' ' || (changed_at > first_seen_at) || ' ' || (last_seen_at < coalesce(gone_at, last_seen_at))
                   from v_records where run_id = 3 group by gone_at is not null order by 1";
    assert_eq!(lines(&folder, as_told).await, ["10 1 0 0 1", "3 0 1 1 0"]);

    standin.set(datasets(3_000, 0, 3));
    run_well(&folder, "mirror");
    assert_eq!(lines(&folder, SAID).await[2..], ["mirror.new=10", "mirror.seen=3000"]);
    let still_gone = "select key from v_records where gone_at is not null";
    assert_eq!(lines(&folder, still_gone).await, [""; 0], "what comes back is there again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_has_a_view_of_its_own_with_its_columns() {
    let standin = standin::start_with(datasets(120, 0, 0)).await;
    let folder = lists(&standin, &mirror(""));
    run_well(&folder, "mirror");
    let named = "select key, name from v_records_datasets where name = 'Handbook' or key = 'ds_0000120' order by key";
    assert_eq!(lines(&folder, named).await, ["ds_0000120 Dataset 120", "ds_demo1 Handbook"]);
    let same = "select count(*) || '' from v_records_datasets join v_records using (key) where name = body ->> 'name'";
    assert_eq!(lines(&folder, same).await, ["120"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_whole_in_each_way_of_paging() {
    for (pages, body) in [
        ("{ by = \"offset\" }", ListBody::Items),
        ("{ by = \"page\" }", ListBody::Items),
        ("{ by = \"page\", items = \".\", more = 'length == 100' }", ListBody::Bare),
        ("{ by = \"link\" }", ListBody::Items),
        ("{ by = \"link\", items = \".\", more = '$reply.headers.link != null' }", ListBody::Bare),
        ("{ items = \".items // .data\" }", ListBody::Data),
    ] {
        let standin = standin::start_with(paged(250, PagingKnobs { body, ..PagingKnobs::default() })).await;
        let folder = lists(&standin, &mirror("").replace("pages   = true", &format!("pages = {pages}")));
        run_well(&folder, "mirror");
        let kept = lines(&folder, "select count(*) || '' from v_records").await;
        assert_eq!((kept, standin.counts().of("GET", DATASETS)), (vec!["250".to_owned()], 3), "{pages}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_marks_nothing_gone_and_fails() {
    let standin = standin::start_with(datasets(50, 0, 0)).await;
    let folder = lists(&standin, &mirror(""));
    run_well(&folder, "mirror");
    standin.set(datasets(0, 0, 0));
    let (kind, reason) = run_badly(&folder, "mirror").await;
    assert_eq!(kind, "expect", "{reason}");
    assert_eq!(lines(&folder, "select count(*) || '' from v_records where gone_at is null").await, ["50"]);
}
