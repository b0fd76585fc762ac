//! A call's templates → what they give.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;
use url::form_urlencoded::Serializer;

use super::aside::{self, Begin};
use super::failure::Failure;
use crate::filter::{Json, Template, TemplateFailure, Variables};
use crate::job::{Api, Body, Call, Header, HeaderText, JsonBody};
use crate::run::Kind;
use crate::secret::Source;
use crate::token;

/// What a call's templates give.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) url: Url,
    /// The API's headers, then the call's.
    pub(super) headers: Vec<(HeaderName, Filling)>,
    pub(super) body: Option<Content>,
}

/// What is sent.
#[derive(Debug)]
pub(super) enum Content {
    /// All of it, and what it is unless the job file says otherwise.
    Whole { bytes: Bytes, content_type: HeaderValue },
    /// The element's file in `field`, after further fields.
    Upload { field: String, fields: Vec<(String, String)> },
}

/// What goes into a header.
#[derive(Debug)]
pub(super) enum Filling {
    Value(HeaderValue),
    /// It is still to be read.
    Secret(Source),
}

/// Fills the templates of a call: where this is not brief, off the async threads.
pub(super) async fn filled(api: &Arc<Api>, call: &Call, variables: &Variables) -> Result<Filled, Failure> {
    let (api, call, variables) = (Arc::clone(api), call.clone(), variables.clone());
    aside::filtered(Begin::Here, move || fill(&api, &call, &variables)).await
}

fn fill(api: &Api, call: &Call, variables: &Variables) -> Result<Filled, Failure> {
    let url = url(api, call, variables)?;
    token::check_target(&url).map_err(|blocked| Failure::new(Kind::BlockedTarget, blocked.to_string()))?;
    let headers = api.headers.iter().chain(&call.headers).map(|header| fill_header(header, variables));
    let headers = headers.collect::<Result<_, _>>()?;
    let body = call.body.as_ref().map(|body| content(body, variables)).transpose()?;
    Ok(Filled { url, headers, body })
}

/// The API's base, its path included, and the call's path and query.
fn url(api: &Api, call: &Call, variables: &Variables) -> Result<Url, Failure> {
    let path = call.path.to_path(variables)?;
    let mut url = api.base_url.clone();
    url.set_path(&format!("{}{path}", api.base_url.path().trim_end_matches('/')));
    for (name, value) in &call.query {
        let value = value.to_text(variables)?;
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok(url)
}

fn fill_header(header: &Header, variables: &Variables) -> Result<(HeaderName, Filling), Failure> {
    let name = HeaderName::try_from(&header.name)
        .map_err(|_| Failure::new(Kind::MissingValue, format!("`{}` is no header name", header.name)))?;
    let filling = match &header.value {
        HeaderText::Template(template) => {
            let value = HeaderValue::try_from(template.to_header(variables)?);
            Filling::Value(value.map_err(|_| unfit(&name, &format!("`{}`", template.text())))?)
        }
        HeaderText::Secret(source) => Filling::Secret(source.clone()),
    };
    Ok((name, filling))
}

fn content(body: &Body, variables: &Variables) -> Result<Content, Failure> {
    Ok(match body {
        Body::Json(json) => {
            let mut text = String::new();
            write(json, variables, &mut text)?;
            whole(text, HeaderValue::from_static("application/json"))
        }
        Body::Form(fields) => whole(
            Serializer::new(String::new()).extend_pairs(texts(fields, variables)?).finish(),
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        ),
        Body::Text { text, content_type } => {
            let header = HeaderValue::try_from(content_type);
            whole(text.to_text(variables)?, header.map_err(|_| unfit(&CONTENT_TYPE, &format!("`{content_type}`")))?)
        }
        Body::Upload { field, fields } => Content::Upload { field: field.clone(), fields: texts(fields, variables)? },
    })
}

fn whole(text: String, content_type: HeaderValue) -> Content {
    Content::Whole { bytes: text.into(), content_type }
}

fn texts(fields: &[(String, Template)], variables: &Variables) -> Result<Vec<(String, String)>, TemplateFailure> {
    fields.iter().map(|(name, value)| Ok((name.clone(), value.to_text(variables)?))).collect()
}

pub(super) fn unfit(name: &HeaderName, from: &str) -> Failure {
    Failure::new(Kind::MissingValue, format!("{from} fits no header `{name}`"))
}

/// Writes JSON text. Numbers keep the digits that they came with.
fn write(json: &JsonBody, variables: &Variables, out: &mut String) -> Result<(), TemplateFailure> {
    match json {
        JsonBody::Text(template) => out.push_str(&template.to_json(variables)?.to_string()),
        JsonBody::Literal(value) => out.push_str(&value.to_string()),
        JsonBody::Array(elements) => {
            out.push('[');
            for (n, element) in elements.iter().enumerate() {
                write_comma(n, out);
                write(element, variables, out)?;
            }
            out.push(']');
        }
        JsonBody::Object(members) => {
            out.push('{');
            for (n, (name, member)) in members.iter().enumerate() {
                write_comma(n, out);
                out.push_str(&Json::string(name).to_string());
                out.push(':');
                write(member, variables, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_comma(n: usize, out: &mut String) {
    if n > 0 {
        out.push(',');
    }
}
