//! Dealing ticks to statements.

use std::collections::HashMap;

use crate::clock::Time;
use crate::run::Name;

/// Deals ticks into ranks with one per job each, the oldest first: within a job, a tick is judged
/// by what became of the one before, so no statement may hold two. With each goes its place among
/// `ticks`.
pub(super) fn ranks<'a, T>(ticks: &[&'a T], key: impl Fn(&'a T) -> (&'a Name, Time)) -> Vec<Vec<(usize, &'a T)>> {
    let mut in_order: Vec<(usize, &T)> = ticks.iter().copied().enumerate().collect();
    in_order.sort_by_key(|(_, tick)| key(tick).1);
    let mut ranks: Vec<Vec<(usize, &T)>> = Vec::new();
    let mut dealt: HashMap<&Name, usize> = HashMap::new();
    for (place, tick) in in_order {
        let rank = dealt.entry(key(tick).0).or_default();
        match ranks.get_mut(*rank) {
            Some(rank) => rank.push((place, tick)),
            None => ranks.push(vec![(place, tick)]),
        }
        *rank += 1;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rank_has_one_tick_per_job_and_the_oldest_come_first() {
        let tick = |job: &str, second| {
            (Name::new(job).expect("a name"), Time::UNIX_EPOCH + chrono::TimeDelta::seconds(second))
        };
        let ticks = [tick("a", 3), tick("b", 9), tick("a", 1), tick("a", 2)];
        let ticks: Vec<_> = ticks.iter().collect();
        let places = |rank: &Vec<(usize, _)>| rank.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let ranks: Vec<_> = ranks(&ticks, |(job, time)| (job, *time)).iter().map(places).collect();
        assert_eq!(ranks, [vec![2, 1], vec![3], vec![0]]);
    }
}
