//! The live path of a job, step by step.

use super::clocks::{self, Reading};
use super::path::Path;
use super::reach::{Alive, Origin, connect_trouble, tls_trouble};
use super::scopes::listed;
use super::step::{Condition, Finding, Step};
use super::trouble::{Seat, Trouble};
use super::{Doctor, Granted};
use crate::clock::rfc3339;
use crate::config::unreadable_secrets;
use crate::job::{Job, Jobs};
use crate::telemetry::chain;
use crate::token::Fault;

const NO_CREDENTIAL: &str = "the API asks for no credential";

impl Doctor {
    /// Walks the live path of a job up to the first step that is wrong; a clock that is off is told and ends nothing.
    /// Gives a finding for each step. What a step asks of one server takes no longer than the job's `timeout`; the
    /// call, where its first token is refused, twice that.
    pub async fn walk(&self, jobs: &Jobs, job: &Job) -> Vec<Finding> {
        let mut path = Path::of(jobs, job);
        let mut findings = Vec::with_capacity(Step::ALL.len());
        let mut is_over = false;
        for step in Step::ALL {
            if is_over {
                let (condition, detail) = (Condition::NotLookedAt, "not looked at".to_owned());
                findings.push(Finding { step, condition, detail, remedy: None });
                continue;
            }
            let (condition, detail, remedy) = match self.look(step, &mut path).await {
                Ok(detail) => (Condition::Well, detail, None),
                Err(trouble) => {
                    is_over = !step.is_beside_the_path();
                    (Condition::Wrong, trouble.detail, trouble.remedy)
                }
            };
            let scrub = |text: String| self.redactor.scrub_owned(text);
            findings.push(Finding { step, condition, detail: scrub(detail), remedy: remedy.map(scrub) });
        }
        findings
    }

    async fn look(&self, step: Step, path: &mut Path<'_>) -> Result<String, Trouble> {
        match step {
            Step::File => self.file(path),
            Step::Dns => self.dns(path).await,
            Step::Connect => self.connect(path).await,
            Step::Tls => tls(path),
            Step::Clock => clock(path),
            Step::Token => self.token(path).await,
            Step::Scopes => self.scopes(path),
            Step::Call => self.call(path.job).await,
        }
    }

    fn file(&self, path: &Path<'_>) -> Result<String, Trouble> {
        let unreadable = unreadable_secrets(path.jobs, &self.environment, Some(std::slice::from_ref(&path.job.name)));
        if unreadable.is_empty() {
            return Ok("its secrets can be read".to_owned());
        }
        let detail = unreadable.iter().map(|error| chain(error)).collect::<Vec<_>>().join("; ");
        let remedy = "Put it there, or mend where the job file says it is.";
        Err(Trouble { lies_in: Seat::Secret, ..Trouble::new(detail, remedy) })
    }

    async fn dns(&self, path: &Path<'_>) -> Result<String, Trouble> {
        let mut found: Vec<String> = Vec::new();
        for origin in &path.origins {
            let addresses = self.resolve(origin, path.job.timeout).await?;
            if !found.contains(&addresses) {
                found.push(addresses);
            }
        }
        Ok(found.join("; "))
    }

    async fn connect(&self, path: &mut Path<'_>) -> Result<String, Trouble> {
        for origin in &path.origins {
            path.visits.push(self.visit(origin, path.job.timeout).await);
        }
        for (origin, visit) in path.visited() {
            if let Some(trouble) = visit.as_ref().err().and_then(|fault| connect_trouble(origin, fault)) {
                return Err(trouble);
            }
        }
        let hosts: Vec<String> = path.origins.iter().map(Origin::host).collect();
        Ok(format!("{} can be reached", hosts.join(" and ")))
    }

    async fn token(&self, path: &mut Path<'_>) -> Result<String, Trouble> {
        let job = path.job;
        let Some(credential) = &job.api.credential else { return Ok(NO_CREDENTIAL.to_owned()) };
        let asked = self.clock.within(job.timeout, self.tokens.bearer(credential, &job.scopes)).await;
        let late = || {
            let detail = format!("the token endpoint gave {}", Fault::timeout(job.timeout).message);
            Trouble::new(detail, "Look again later, or ask whoever runs the token endpoint.")
        };
        let bearer = asked.ok_or_else(late)?;
        let bearer = bearer.map_err(|failure| Trouble::of_token(&failure, Some(&job.name)))?;
        let granted = self.granted(&bearer);
        self.is_alive(credential, &granted)?;
        path.bearer = Some(bearer);
        let origin = granted.origin(&credential.grant);
        Ok(format!("{origin}{}{}", origin_in_claims(&granted), end(&granted)))
    }

    fn scopes(&self, path: &Path<'_>) -> Result<String, Trouble> {
        let Some(bearer) = &path.bearer else { return Ok(NO_CREDENTIAL.to_owned()) };
        let granted = self.granted(bearer);
        granted.suffices(Some(&path.job.name))?;
        let Some(scopes) = &granted.scopes else {
            return Ok(format!(
                "asked for {}; which were granted is not known: the token is no JWT that names them, nor does the reply",
                listed(bearer.requested())
            ));
        };
        Ok(format!("asked for {}; granted: {}", listed(bearer.requested()), listed(scopes)))
    }
}

fn tls(path: &Path<'_>) -> Result<String, Trouble> {
    for (origin, visit) in path.visited() {
        if let Err(fault) = visit {
            return Err(tls_trouble(origin, fault));
        }
    }
    let (secured, plain): (Vec<_>, Vec<_>) = path.origins.iter().partition(|origin| origin.is_https());
    let hosts = |origins: Vec<&Origin>| origins.into_iter().map(Origin::host).collect::<Vec<_>>().join(" and ");
    let secured = (!secured.is_empty()).then(|| format!("the certificate of {} is accepted", hosts(secured)));
    let plain = (!plain.is_empty()).then(|| format!("{} on this machine is called without TLS", hosts(plain)));
    Ok(secured.into_iter().chain(plain).collect::<Vec<_>>().join("; "))
}

fn clock(path: &Path<'_>) -> Result<String, Trouble> {
    let hosts: Vec<String> = path.origins.iter().map(Origin::host).collect();
    let skew = |visit: &Result<Alive, Fault>| visit.as_ref().ok().and_then(|alive| alive.skew_s);
    let readings = hosts.iter().zip(&path.visits).map(|(host, visit)| Reading { host, skew_s: skew(visit) });
    clocks::judge(&readings.collect::<Vec<_>>())
}

/// Who made the token and for whom, where it says so.
fn origin_in_claims(granted: &Granted) -> String {
    let claim = |name: &str, word: &str| granted.claim(name).map(|text| format!(", {word} {text}"));
    claim("iss", "from").into_iter().chain(claim("aud", "for")).collect()
}

fn end(granted: &Granted) -> String {
    granted.expires_at.map(|end| format!(", until {}", rfc3339(end))).unwrap_or_default()
}
