//! The datasets: any number of them, each made up from its place when it is asked for.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reply::Problem;
use super::usage::iso;
use crate::clock::Time;

/// The first datasets of every stand-in: id, name, number of files. Further ones are made up.
const DEMO: [(&str, &str, u64); 5] = [
    ("ds_demo1", "Handbook", 212),
    ("ds_demo2", "Support answers", 1_480),
    ("ds_demo3", "Price lists", 36),
    ("ds_demo4", "Release notes", 95),
    ("ds_demo5", "Empty shelf", 0),
];

/// Ages repeat after so many datasets, so that no time leaves the calendar.
const AGES: u64 = 365;

/// Which datasets there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatasetKnobs {
    /// How many. The first five are `ds_demo1` to `ds_demo5`, the others `ds_0000006` and so on.
    pub count: u64,
    /// How many of them have vanished, spread evenly over the list.
    pub lost: u64,
    /// How many of those that are left have another name and a newer `updatedAt`, spread evenly.
    pub changed: u64,
}

impl Default for DatasetKnobs {
    fn default() -> DatasetKnobs {
        DatasetKnobs { count: 5, lost: 0, changed: 0 }
    }
}

/// The datasets that the knobs say there are. Takes no memory, however many they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datasets {
    lost: Spread,
    changed: Spread,
    started: Time,
}

/// A dataset's place among all that there ever were, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u64);

impl Datasets {
    pub(super) fn new(knobs: &DatasetKnobs, started: Time) -> Datasets {
        let lost = Spread::new(knobs.lost, knobs.count);
        Datasets { lost, changed: Spread::new(knobs.changed, lost.missed()), started }
    }

    /// How many a list has.
    pub(super) fn len(&self) -> u64 {
        self.lost.missed()
    }

    /// Where the dataset stands that is the `rank`th of a list.
    pub(super) fn at(&self, rank: u64) -> Place {
        Place(self.lost.nth_missed(rank))
    }

    pub(super) fn find(&self, id: &str) -> Result<Place, Problem> {
        let place = place(id).filter(|&place| place < self.lost.of && !self.lost.hits(place));
        place.map(Place).ok_or_else(|| Problem::new(404, format!("Dataset {id} not found.")))
    }

    pub(super) fn describe(&self, place: Place) -> Value {
        let age = TimeDelta::days(i64::try_from(place.0 % AGES).unwrap_or(0) + 1);
        let before = |by: TimeDelta| iso(self.started.checked_sub_signed(by).unwrap_or(self.started));
        let is_changed = self.changed.hits(self.lost.missed_below(place.0));
        let name = name(place);
        json!({
            "id": id(place),
            "name": if is_changed { format!("{name} (changed)") } else { name },
            "description": null,
            "createdAt": before(age * 30),
            "updatedAt": if is_changed { iso(self.started) } else { before(age) },
        })
    }
}

/// The id of a dataset.
pub(super) fn id(place: Place) -> String {
    demo(place).map_or_else(|| format!("ds_{:07}", place.0.saturating_add(1)), |demo| demo.0.to_owned())
}

/// How many files a snapshot of it counts.
pub(super) fn records(place: Place) -> u64 {
    demo(place).map_or(place.0 % 100, |demo| demo.2)
}

fn name(place: Place) -> String {
    demo(place).map_or_else(|| format!("Dataset {}", place.0.saturating_add(1)), |demo| demo.1.to_owned())
}

fn demo(place: Place) -> Option<&'static (&'static str, &'static str, u64)> {
    DEMO.get(usize::try_from(place.0).ok()?)
}

fn place(id: &str) -> Option<u64> {
    if let Some(place) = DEMO.iter().position(|demo| demo.0 == id) {
        return u64::try_from(place).ok();
    }
    let place = id.strip_prefix("ds_")?.parse::<u64>().ok()?.checked_sub(1)?;
    // One dataset has one spelling.
    (self::id(Place(place)) == id).then_some(place)
}

/// So many places out of so many, evenly apart.
#[derive(Clone, Copy, Debug)]
struct Spread {
    hits: u64,
    of: u64,
}

impl Spread {
    fn new(hits: u64, of: u64) -> Spread {
        Spread { hits: hits.min(of), of }
    }

    fn missed(&self) -> u64 {
        self.of - self.hits
    }

    /// How many places below `place` are hit: the `k`th hit is at `k * of / hits`.
    fn hits_below(&self, place: u64) -> u64 {
        if self.of == 0 {
            return 0;
        }
        let below = (u128::from(place.min(self.of)) * u128::from(self.hits)).div_ceil(u128::from(self.of));
        u64::try_from(below).unwrap_or(self.hits)
    }

    fn missed_below(&self, place: u64) -> u64 {
        place - self.hits_below(place).min(place)
    }

    fn hits(&self, place: u64) -> bool {
        self.hits_below(place.saturating_add(1)) > self.hits_below(place)
    }

    /// The place that is missed and has `rank` missed ones below it.
    fn nth_missed(&self, rank: u64) -> u64 {
        let (mut low, mut high) = (rank, rank.saturating_add(self.hits));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.missed_below(middle.saturating_add(1)) > rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn datasets(count: u64, lost: u64, changed: u64) -> Datasets {
        let started = "2026-11-24T12:00:00Z".parse().expect("a time");
        Datasets::new(&DatasetKnobs { count, lost, changed }, started)
    }

    fn list(datasets: &Datasets) -> Vec<Value> {
        (0..datasets.len()).map(|rank| datasets.describe(datasets.at(rank))).collect()
    }

    #[test]
    fn the_demo_datasets_come_first_and_any_number_of_others_after_them() {
        let many = datasets(1_000_000, 0, 0);
        let ids = [0, 4, 5, 999_999].map(|rank| id(many.at(rank)));
        assert_eq!(ids, ["ds_demo1", "ds_demo5", "ds_0000006", "ds_1000000"]);
        assert_eq!(many.len(), 1_000_000);
    }

    #[test]
    fn a_dataset_is_found_by_its_one_id() {
        let many = datasets(10, 0, 0);
        assert_eq!(many.find("ds_0000010").expect("found"), Place(9));
        for id in ["ds_0000011", "ds_10", "ds_0000001", "ds_0000000", "ds_", "", "ds_99999999999999999999"] {
            assert_eq!(many.find(id).expect_err(id).status, 404, "{id}");
        }
    }

    proptest! {
        #[test]
        fn a_list_loses_and_changes_as_many_as_were_asked_for(
            count in 0..300_u64, lost in 0..320_u64, changed in 0..320_u64,
        ) {
            let (before, after) = (list(&datasets(count, 0, 0)), datasets(count, lost, changed));
            let listed = list(&after);
            prop_assert_eq!(listed.len() as u64, count - lost.min(count));
            let known: HashSet<String> = before.iter().map(Value::to_string).collect();
            let differing = listed.iter().filter(|&one| !known.contains(&one.to_string())).count() as u64;
            prop_assert_eq!(differing, changed.min(after.len()));
            let left: HashSet<&str> = listed.iter().filter_map(|one| one["id"].as_str()).collect();
            for id in before.iter().filter_map(|one| one["id"].as_str()) {
                prop_assert_eq!(after.find(id).is_ok(), left.contains(id));
            }
        }

        #[test]
        fn no_number_makes_it_panic(count: u64, lost: u64, changed: u64, rank: u64) {
            let datasets = datasets(count, lost, changed);
            datasets.describe(datasets.at(rank));
            datasets.describe(Place(rank));
        }
    }
}
