//! Whose clock is wrong, by what servers say of the time. Pure.

use super::trouble::Trouble;

/// A clock may be off by less than this: tokens are renewed a minute before they end.
const TOLERATED_S: u64 = 60;

/// What a server's `Date` is ahead of our clock, in seconds; `None` where it does not say.
pub(super) struct Reading<'a> {
    pub(super) host: &'a str,
    pub(super) skew_s: Option<i64>,
}

/// Judges the clock of this host by those of servers.
pub(super) fn judge(readings: &[Reading<'_>]) -> Result<String, Trouble> {
    let known: Vec<(&str, i64)> = readings.iter().filter_map(|one| Some((one.host, one.skew_s?))).collect();
    let (off, right): (Vec<_>, Vec<_>) = known.iter().partition(|(_, skew)| is_off(*skew));
    match (off.as_slice(), right.as_slice()) {
        ([], []) => Ok("not known: no server says what time it is".to_owned()),
        ([], right) => {
            let most = right.iter().map(|(_, skew)| skew.unsigned_abs()).max().unwrap_or_default();
            Ok(format!("{most} s from {}", hosts(right)))
        }
        (all @ [(_, skew), ..], []) if all.iter().all(|(_, other)| !is_off(other.saturating_sub(*skew))) => {
            let (seconds, ours) = (skew.unsigned_abs(), if *skew > 0 { "behind" } else { "ahead of" });
            let hosts = hosts(all);
            let detail = format!("this host's clock is {seconds} s {ours} {hosts}");
            Err(Trouble::new(
                detail,
                format!("Start time sync on this host. If its clock is right, that of {hosts} is not."),
            ))
        }
        ([(host, skew), ..], _) => {
            let (seconds, theirs) = (skew.unsigned_abs(), if *skew > 0 { "ahead" } else { "behind" });
            let others = known.iter().filter(|(other, _)| other != host).copied().collect::<Vec<_>>();
            let detail = format!("the clock of {host} is {seconds} s {theirs}, unlike that of {}", hosts(&others));
            let remedy = format!("Tell whoever runs {host}: tokens can be taken for expired, or for not yet valid.");
            Err(Trouble::new(detail, remedy))
        }
    }
}

fn is_off(skew_s: i64) -> bool {
    skew_s.unsigned_abs() >= TOLERATED_S
}

fn hosts(readings: &[(&str, i64)]) -> String {
    let hosts: Vec<&str> = readings.iter().map(|(host, _)| *host).collect();
    hosts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(skews: &[(&str, Option<i64>)]) -> Result<String, String> {
        let readings: Vec<Reading<'_>> = skews.iter().map(|&(host, skew_s)| Reading { host, skew_s }).collect();
        judge(&readings).map_err(|trouble| trouble.detail)
    }

    #[test]
    fn less_than_a_minute_is_well_and_so_is_what_nobody_says() {
        assert_eq!(judged(&[("a", Some(-59)), ("b", Some(3))]), Ok("59 s from a and b".to_owned()));
        assert_eq!(judged(&[("a", Some(2)), ("b", None)]), Ok("2 s from a".to_owned()));
        assert!(judged(&[("a", None)]).expect("well").starts_with("not known"));
        assert!(judged(&[]).expect("well").starts_with("not known"));
    }

    #[test]
    fn when_all_others_agree_it_is_our_clock_that_is_off() {
        assert_eq!(judged(&[("a", Some(60))]), Err("this host's clock is 60 s behind a".to_owned()));
        let both = judged(&[("a", Some(-600)), ("b", Some(-601))]);
        assert_eq!(both, Err("this host's clock is 600 s ahead of a and b".to_owned()));
    }

    #[test]
    fn when_one_agrees_with_ours_it_is_the_other_that_is_off() {
        let theirs = judged(&[("a", Some(0)), ("b", Some(-600))]);
        assert_eq!(theirs, Err("the clock of b is 600 s behind, unlike that of a".to_owned()));
        assert!(judged(&[("a", Some(600)), ("b", Some(-600))]).is_err());
        assert!(judged(&[("a", Some(i64::MIN)), ("b", Some(i64::MAX))]).is_err());
    }
}
