//! Incidents are told anew: a credential may come to be refused for another reason.

use super::diagnoses::OfCall;
use super::errand::{At, Errand};
use super::{Sqlite, diagnoses};
use crate::run::{Diagnosis, IncidentId, RunId};
use crate::store::StoreError;

/// Which call the diagnosis of an open incident is of.
const FORMER: &str = "
    select diagnoses.job_id, diagnoses.run_id, diagnoses.seq
    from incidents join diagnoses on diagnoses.id = incidents.diagnosis_id
    where incidents.id = $1 and incidents.closed_at is null";

const TELL: &str = "update incidents set verdict = $2, diagnosis_id = $3 where id = $1";

struct TellAnew {
    incident: IncidentId,
    diagnosis: Diagnosis,
}

impl Errand for TellAnew {
    type Answer = ();
    const DOING: &'static str = "tell anew why a credential is refused";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        let former = sqlx::query_as(FORMER).bind(self.incident.0).fetch_optional(&mut *at.connection).await?;
        let Some((job, run, seq)) = former else { return Ok(()) };
        let of = OfCall { job, run: RunId(run), seq };
        let diagnosis = diagnoses::write_one(&mut *at.connection, of, &self.diagnosis).await?;
        sqlx::query(TELL)
            .bind(self.incident.0)
            .bind(self.diagnosis.verdict.as_str())
            .bind(diagnosis)
            .execute(at.connection)
            .await?;
        Ok(())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::tell_incident_anew`].
    pub(in crate::store) async fn tell_incident_anew(
        &self,
        incident: IncidentId,
        diagnosis: Diagnosis,
    ) -> Result<(), StoreError> {
        self.writer(TellAnew::DOING)?.run(TellAnew { incident, diagnosis }).await
    }
}
