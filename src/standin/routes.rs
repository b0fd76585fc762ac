//! The API's endpoints: one table of what there is, what each asks for, and who answers.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::Answer;
use super::datasets::Datasets;
use super::files::Files;
use super::knobs::Knobs;
use super::page::{page, page_of};
use super::reply::Problem;
use super::server::Contents;
use super::token::Grant;
use super::usage::{self, Reader};
use super::visit::Visit;
use crate::clock::Time;

/// One endpoint. `{id}` in its path stands for one segment.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: Access,
    answer: fn(&Ask) -> Result<Answer, Problem>,
}

/// Who may use an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anyone, also without a token.
    Open,
    /// Who bears a token with this scope.
    Scope(&'static str),
}

/// The vendor names no scope of a single endpoint; these follow from its table of scopes. Where two paths fit, the
/// first counts.
static ROUTES: [Route; 15] = [
    Route { method: "GET", path: "/v1/health/liveness", access: Access::Open, answer: liveness },
    scoped("GET", "/v1/usage", "usage:read", report_usage),
    scoped("GET", "/v1/models", "models:read", |ask| ask.page(&ask.contents.models.list())),
    scoped("GET", "/v1/models/catalog", "models:read", |ask| ask.page(&ask.contents.models.catalog())),
    scoped("GET", "/v1/models/{id}", "models:read", |ask| Ok(Answer::ok(ask.contents.models.get(ask.id)?))),
    scoped("PATCH", "/v1/models/{id}", "models:write", change_model),
    scoped("GET", "/v1/datasets", "datasets:read", list_datasets),
    scoped("GET", "/v1/datasets/{id}", "datasets:read", get_dataset),
    scoped("GET", "/v1/datasets/{id}/snapshots", "datasets:read", list_snapshots),
    scoped("POST", "/v1/datasets/{id}/snapshots", "datasets:write", make_snapshot),
    scoped("GET", "/v1/files", "files:read", |ask| ask.page(&ask.files().list(ask.visit))),
    scoped("POST", "/v1/files", "files:write", |ask| Ok(Answer::created(ask.files().upload(ask.visit)?))),
    scoped("GET", "/v1/files/{id}", "files:read", |ask| Ok(Answer::ok(ask.files().get(ask.id, ask.visit)?))),
    scoped("GET", "/v1/chats", "chat:read", |ask| ask.page(&ask.contents.chats.list())),
    scoped("DELETE", "/v1/chats/{id}", "chat:write", delete_chat),
];

const fn scoped(
    method: &'static str,
    path: &'static str,
    scope: &'static str,
    answer: fn(&Ask) -> Result<Answer, Problem>,
) -> Route {
    Route { method, path, access: Access::Scope(scope), answer }
}

/// What a method and a path lead to.
pub(super) enum Found {
    /// An endpoint, and the segment that stands for its `{id}`; empty when it has none.
    Route(&'static Route, String),
    /// The path exists for these methods only.
    OtherMethods(String),
    Nothing,
}

/// Looks an endpoint up.
pub(super) fn find(method: &str, path: &str) -> Found {
    let here: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, capture(route.path, path)?))).collect();
    match here.iter().find(|(route, _)| route.method == method) {
        Some((route, id)) => {
            Found::Route(route, percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned())
        }
        None if here.is_empty() => Found::Nothing,
        None => Found::OtherMethods(here.iter().map(|(route, _)| route.method).collect::<Vec<_>>().join(", ")),
    }
}

/// The segment of `path` at the template's `{id}`, empty when it has none; nothing when they differ.
fn capture<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let Some((start, end)) = template.split_once("{id}") else {
        return (template == path).then_some("");
    };
    let id = path.strip_prefix(start)?.strip_suffix(end)?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// What an endpoint needs for its answer.
pub(super) struct Ask<'a> {
    pub(super) visit: &'a Visit,
    pub(super) knobs: &'a Knobs,
    /// What the token allows; none at an open endpoint.
    pub(super) grant: Option<&'a Grant>,
    pub(super) id: &'a str,
    pub(super) contents: &'a Contents,
    pub(super) started: Time,
}

impl Ask<'_> {
    fn datasets(&self) -> Datasets {
        Datasets::new(&self.knobs.datasets, self.started)
    }

    fn files(&self) -> Files<'_> {
        Files { uploads: &self.contents.uploads, datasets: self.datasets(), knobs: &self.knobs.files }
    }

    fn page(&self, all: &[Value]) -> Result<Answer, Problem> {
        page_of(self.visit, &self.knobs.paging, all)
    }
}

impl Route {
    pub(super) fn answer(&self, ask: &Ask) -> Response {
        let carry_out = || (self.answer)(ask);
        let answer = if self.method == "GET" { carry_out() } else { ask.contents.replays.once(ask.visit, carry_out) };
        answer.map_or_else(|problem| problem.reply(ask.knobs), Answer::reply)
    }
}

fn liveness(_: &Ask) -> Result<Answer, Problem> {
    Ok(Answer::ok(json!({ "status": "ok" })))
}

fn report_usage(ask: &Ask) -> Result<Answer, Problem> {
    let is_admin = ask.grant.is_some_and(|grant| grant.allows("org:admin"));
    let reader = if is_admin { Reader::Administrator } else { Reader::Member };
    Ok(Answer::ok(usage::report(&ask.knobs.usage, ask.started, ask.visit.at, reader)))
}

fn change_model(ask: &Ask) -> Result<Answer, Problem> {
    Ok(Answer::ok(ask.contents.models.change(ask.id, ask.visit)?))
}

fn list_datasets(ask: &Ask) -> Result<Answer, Problem> {
    let datasets = ask.datasets();
    page(ask.visit, &ask.knobs.paging, datasets.len(), |rank| datasets.describe(datasets.at(rank)))
}

fn get_dataset(ask: &Ask) -> Result<Answer, Problem> {
    let datasets = ask.datasets();
    Ok(Answer::ok(datasets.describe(datasets.find(ask.id)?)))
}

fn list_snapshots(ask: &Ask) -> Result<Answer, Problem> {
    ask.page(&ask.contents.snapshots.of(ask.datasets().find(ask.id)?))
}

fn make_snapshot(ask: &Ask) -> Result<Answer, Problem> {
    let dataset = ask.datasets().find(ask.id)?;
    Ok(Answer::created(ask.contents.snapshots.make(dataset, ask.visit)?))
}

fn delete_chat(ask: &Ask) -> Result<Answer, Problem> {
    ask.contents.chats.delete(ask.id)?;
    Ok(Answer::nothing())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(method: &str, path: &str) -> String {
        match find(method, path) {
            Found::Route(route, id) => format!("{} {id}", route.path),
            Found::OtherMethods(allow) => format!("allow {allow}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_its_endpoint_and_only_to_that() {
        assert_eq!(lead("GET", "/v1/usage"), "/v1/usage ");
        assert_eq!(lead("GET", "/v1/datasets/a%20b"), "/v1/datasets/{id} a b");
        assert_eq!(lead("POST", "/v1/datasets/a/snapshots"), "/v1/datasets/{id}/snapshots a");
        assert_eq!(lead("DELETE", "/v1/datasets/a/snapshots"), "allow GET, POST");
        assert_eq!(lead("GET", "/v1/models/catalog"), "/v1/models/catalog ");
        for path in ["/", "/v1", "/v1/usage/", "/v1/datasets//snapshots", "/v1/datasets/a/b/snapshots", "/v1/datasets/"]
        {
            assert_eq!(lead("GET", path), "nothing", "{path}");
        }
    }
}
