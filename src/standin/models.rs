//! Models: an organisation's own, which can be changed, and the catalog of what can be built on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::reply::Problem;
use super::usage::iso;
use super::visit::Visit;
use crate::clock::Time;

const NAME_MAX: usize = 200;

/// The organisation's models: id, name, credit multiplier.
const OWN: [(&str, &str, f64); 3] =
    [("model-demo-1", "Helpdesk", 1.0), ("model-demo-2", "Research", 1.5), ("model-demo-3", "Drafts", 0.5)];

/// The catalog: id, name, credit multiplier, state of life.
const CATALOG: [(&str, &str, f64, &str); 6] = [
    ("base-large", "Base large", 4.0, "active"),
    ("base-medium", "Base medium", 1.0, "active"),
    ("base-small", "Base small", 0.25, "active"),
    ("reason-large", "Reason large", 8.0, "preview"),
    ("reason-small", "Reason small", 2.0, "active"),
    ("old-medium", "Old medium", 1.5, "deprecated"),
];

/// What was changed about the organisation's models.
#[derive(Debug)]
pub(super) struct Models {
    started: Time,
    changed: Mutex<HashMap<&'static str, Map<String, Value>>>,
}

impl Models {
    pub(super) fn new(started: Time) -> Models {
        Models { started, changed: Mutex::default() }
    }

    pub(super) fn list(&self) -> Vec<Value> {
        OWN.iter().map(|model| self.describe(model)).collect()
    }

    pub(super) fn catalog(&self) -> Vec<Value> {
        let describe = |&(id, name, multiplier, state): &_| {
            let mut model = model(id, name, multiplier, self.started);
            model["isSystemModel"] = true.into();
            model["lifecycleState"] = Value::from(state);
            model
        };
        CATALOG.iter().map(describe).collect()
    }

    pub(super) fn get(&self, id: &str) -> Result<Value, Problem> {
        Ok(self.describe(find(id)?))
    }

    /// Changes `displayName` and `enabled`, as far as the body names them.
    pub(super) fn change(&self, id: &str, visit: &Visit) -> Result<Value, Problem> {
        let model = find(id)?;
        let mut changes = changes(&visit.body)?;
        changes.insert("updatedAt".to_owned(), iso(visit.at).into());
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).entry(model.0).or_default().extend(changes);
        Ok(self.describe(model))
    }

    fn describe(&self, (id, name, multiplier): &(&'static str, &str, f64)) -> Value {
        let mut model = model(id, name, *multiplier, self.started);
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(members), Some(changes)) = (model.as_object_mut(), changed.get(id)) {
            members.extend(changes.clone());
        }
        model
    }
}

fn find(id: &str) -> Result<&'static (&'static str, &'static str, f64), Problem> {
    OWN.iter().find(|model| model.0 == id).ok_or_else(|| Problem::new(404, format!("Model {id} not found.")))
}

fn model(id: &str, name: &str, multiplier: f64, started: Time) -> Value {
    json!({
        "id": id,
        "displayName": name,
        "contextWindow": 64_000,
        "supportsStreaming": true,
        "enabled": true,
        "isSystemModel": false,
        "creditMultiplier": multiplier,
        "lifecycleState": "active",
        "createdAt": iso(started),
        "updatedAt": iso(started),
    })
}

fn changes(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Err(Problem::invalid(["body", ""], "Input should be a JSON object"));
    };
    members.retain(|name, _| name == "displayName" || name == "enabled");
    let is_name = |value: &Value| value.as_str().is_some_and(|name| (1..=NAME_MAX).contains(&name.chars().count()));
    if members.get("displayName").is_some_and(|name| !is_name(name)) {
        return Err(Problem::invalid(["body", "displayName"], "Input should be a string of 1 to 200 characters"));
    }
    if members.get("enabled").is_some_and(|enabled| !enabled.is_boolean()) {
        return Err(Problem::invalid(["body", "enabled"], "Input should be a boolean"));
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::visit;

    fn patch(models: &Models, id: &str, body: &'static str) -> Result<Value, u16> {
        let mut visit = visit::example("PATCH", "/v1/models/x");
        visit.body = body.into();
        models.change(id, &visit).map_err(|problem| problem.status)
    }

    #[test]
    fn a_change_changes_what_it_names_and_stays() {
        let models = Models::new("2026-11-01T00:00:00Z".parse().expect("a time"));
        let before = models.get("model-demo-1").expect("a model");
        let changed = patch(&models, "model-demo-1", r#"{"enabled": false, "id": "x"}"#).expect("changed");
        assert_eq!((&changed["id"], &changed["enabled"]), (&json!("model-demo-1"), &json!(false)));
        assert_eq!(
            (&changed["displayName"], &changed["updatedAt"]),
            (&before["displayName"], &json!("2026-11-24T12:00:00Z"))
        );
        assert_eq!(models.list()[0], changed);
        for (id, body, status) in [
            ("model-none", "{}", 404),
            ("model-demo-2", "[]", 422),
            ("model-demo-2", r#"{"displayName": ""}"#, 422),
            ("model-demo-2", r#"{"enabled": "no"}"#, 422),
        ] {
            assert_eq!(patch(&models, id, body), Err(status), "{id} {body}");
        }
    }
}
