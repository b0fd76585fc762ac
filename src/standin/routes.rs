//! The API's endpoints: one table of what there is, what each asks for, and who answers.

use axum::response::Response;
use serde_json::{Value, json};

use super::datasets::{Datasets, Snapshot};
use super::knobs::Knobs;
use super::page::page;
use super::reply::{self, Problem};
use super::token::Grant;
use super::usage::{self, Reader};
use super::visit::Visit;
use crate::clock::Time;

/// One endpoint. `{id}` in its path stands for one segment.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: Access,
    answer: fn(&Ask) -> Result<Response, Problem>,
}

/// Who may use an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anyone, also without a token.
    Open,
    /// Who bears a token with this scope.
    Scope(&'static str),
}

/// The vendor names no scope of a single endpoint; these follow from its table of scopes.
static ROUTES: [Route; 7] = [
    Route { method: "GET", path: "/v1/health/liveness", access: Access::Open, answer: liveness },
    Route { method: "GET", path: "/v1/usage", access: Access::Scope("usage:read"), answer: report_usage },
    Route { method: "GET", path: "/v1/models", access: Access::Scope("models:read"), answer: list_models },
    Route { method: "GET", path: "/v1/datasets", access: Access::Scope("datasets:read"), answer: list_datasets },
    Route { method: "GET", path: "/v1/datasets/{id}", access: Access::Scope("datasets:read"), answer: get_dataset },
    Route {
        method: "GET",
        path: "/v1/datasets/{id}/snapshots",
        access: Access::Scope("datasets:read"),
        answer: list_snapshots,
    },
    Route {
        method: "POST",
        path: "/v1/datasets/{id}/snapshots",
        access: Access::Scope("datasets:write"),
        answer: make_snapshot,
    },
];

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
    pub(super) datasets: &'a Datasets,
    pub(super) started: Time,
}

impl Route {
    pub(super) fn answer(&self, ask: &Ask) -> Response {
        (self.answer)(ask).unwrap_or_else(|problem| problem.reply(ask.knobs))
    }
}

fn liveness(_: &Ask) -> Result<Response, Problem> {
    Ok(reply::json(200, &json!({ "status": "ok" })))
}

fn report_usage(ask: &Ask) -> Result<Response, Problem> {
    let is_admin = ask.grant.is_some_and(|grant| grant.allows("org:admin"));
    let reader = if is_admin { Reader::Administrator } else { Reader::Member };
    Ok(reply::json(200, &usage::report(&ask.knobs.usage, ask.started, ask.visit.at, reader)))
}

fn list_models(ask: &Ask) -> Result<Response, Problem> {
    let models =
        [("model-demo-1", "Helpdesk", 1.0), ("model-demo-2", "Research", 1.5), ("model-demo-3", "Drafts", 0.5)];
    let models: Vec<Value> = models.iter().map(|model| describe_model(model, ask.started)).collect();
    Ok(reply::json(200, &page(ask.visit, &models)?))
}

fn describe_model((id, name, multiplier): &(&str, &str, f64), started: Time) -> Value {
    json!({
        "id": id,
        "displayName": name,
        "contextWindow": 64_000,
        "supportsStreaming": true,
        "enabled": true,
        "isSystemModel": false,
        "creditMultiplier": multiplier,
        "lifecycleState": "active",
        "createdAt": usage::iso(started),
        "updatedAt": usage::iso(started),
    })
}

fn list_datasets(ask: &Ask) -> Result<Response, Problem> {
    Ok(reply::json(200, &page(ask.visit, &ask.datasets.list())?))
}

fn get_dataset(ask: &Ask) -> Result<Response, Problem> {
    Ok(reply::json(200, &ask.datasets.get(ask.id)?))
}

fn list_snapshots(ask: &Ask) -> Result<Response, Problem> {
    Ok(reply::json(200, &page(ask.visit, &ask.datasets.snapshots(ask.id)?)?))
}

fn make_snapshot(ask: &Ask) -> Result<Response, Problem> {
    match ask.datasets.snapshot(ask.id, ask.visit)? {
        Snapshot::New(snapshot) => Ok(reply::json(201, &snapshot)),
        Snapshot::Replayed(snapshot) => {
            let mut reply = reply::json(201, &snapshot);
            reply::set(&mut reply, "idempotent-replayed", "true");
            Ok(reply)
        }
    }
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
        for path in ["/", "/v1", "/v1/usage/", "/v1/datasets//snapshots", "/v1/datasets/a/b/snapshots", "/v1/datasets/"]
        {
            assert_eq!(lead("GET", path), "nothing", "{path}");
        }
    }
}
