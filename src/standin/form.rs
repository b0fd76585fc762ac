//! Forms with files (`multipart/form-data`, RFC 7578).

use std::convert::Infallible;

use axum::body::Bytes;
use axum::http::HeaderMap;
use futures_util::stream;
use multer::Multipart;
use sha2::{Digest, Sha256};

/// Parts read of a form; one with more is not read.
const PARTS: usize = 20;

/// A form as it was sent.
#[derive(Debug, Default)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
    /// The parts that have a file name, with the names of their fields.
    files: Vec<(String, Sent)>,
}

/// A file in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) content: Bytes,
}

impl Form {
    /// The form in a body; none when the headers do not announce one or the body is not one.
    pub(super) async fn read(headers: &HeaderMap, body: &Bytes) -> Option<Form> {
        let boundary = multer::parse_boundary(headers.get("content-type")?.to_str().ok()?).ok()?;
        let whole = stream::iter([Ok::<_, Infallible>(body.clone())]);
        let mut parts = Multipart::new(whole, boundary);
        let mut form = Form::default();
        while let Some(part) = parts.next_field().await.ok()? {
            if form.fields.len() + form.files.len() == PARTS {
                return None;
            }
            let field = part.name()?.to_owned();
            let content_type = part.content_type().map_or("application/octet-stream", |kind| kind.as_ref()).to_owned();
            match part.file_name().map(str::to_owned) {
                Some(name) => {
                    let content = part.bytes().await.ok()?;
                    form.files.push((field, Sent { name, content_type, content }));
                }
                None => form.fields.push((field, part.text().await.ok()?)),
            }
        }
        Some(form)
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn file(&self, name: &str) -> Option<&Sent> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, sent)| sent)
    }

    /// What it says, whatever stood between its parts.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut add = |text: &[u8]| {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        };
        for (name, value) in &self.fields {
            [name, value].into_iter().for_each(|text| add(text.as_bytes()));
        }
        for (field, sent) in &self.files {
            [field, &sent.name, &sent.content_type].into_iter().for_each(|text| add(text.as_bytes()));
            add(&sent.content);
        }
        digest.finalize().into()
    }
}

/// A form with a file in `file`, and fields.
#[cfg(test)]
pub(super) fn example(name: &str, content: &str, fields: &[(&str, &str)]) -> Form {
    let content = Bytes::from(content.to_owned());
    let sent = Sent { name: name.to_owned(), content_type: "text/plain".to_owned(), content };
    let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Form { fields, files: vec![("file".to_owned(), sent)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(boundary: &str, body: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        let content_type = format!("multipart/form-data; boundary={boundary}");
        headers.insert("content-type", content_type.parse().expect("a header"));
        Form::read(&headers, &Bytes::from(body.replace("BOUNDARY", boundary).replace('\n', "\r\n"))).await
    }

    const FORM: &str = "--BOUNDARY\nContent-Disposition: form-data; name=\"resource_id\"\n\nds_demo1\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\nContent-Type: text/plain\n\n\
        one\n--BOUNDARY--\n";

    #[tokio::test]
    async fn fields_and_files_are_told_apart_by_the_file_name() {
        let form = read("x1", FORM).await.expect("a form");
        assert_eq!(form.field("resource_id"), Some("ds_demo1"));
        let sent = form.file("file").expect("a file");
        assert_eq!(
            (sent.name.as_str(), sent.content_type.as_str(), &sent.content[..]),
            ("a.txt", "text/plain", &b"one"[..])
        );
        assert_eq!((form.field("file"), form.file("resource_id")), (None, None));
    }

    #[tokio::test]
    async fn what_a_form_says_does_not_depend_on_its_boundary() {
        let one = read("x1", FORM).await.expect("a form").fingerprint();
        assert_eq!(read("y2", FORM).await.expect("a form").fingerprint(), one);
        assert_ne!(read("x1", &FORM.replace("one", "two")).await.expect("a form").fingerprint(), one);
        assert_ne!(read("x1", &FORM.replace("demo1", "demo2")).await.expect("a form").fingerprint(), one);
    }

    #[tokio::test]
    async fn what_is_broken_or_has_no_end_is_no_form() {
        for body in ["", "nonsense", "--BOUNDARY\nContent-Disposition: form-data; name=\"a\"\n\nbroken off"] {
            assert!(read("x1", body).await.is_none_or(|form| form.fields.is_empty()), "{body}");
        }
        let part = "--BOUNDARY\nContent-Disposition: form-data; name=\"a\"\n\nv\n";
        assert!(read("x1", &format!("{}--BOUNDARY--\n", part.repeat(PARTS))).await.is_some());
        assert!(read("x1", &format!("{}--BOUNDARY--\n", part.repeat(PARTS + 1))).await.is_none());
        assert!(Form::read(&HeaderMap::new(), &Bytes::new()).await.is_none());
    }
}
