//! The frame of a `multipart/form-data` body (RFC 7578). Pure.
//!
//! reqwest has one too, but draws a new boundary for each form. An API that compares the repeats of a
//! request by their bytes would then take each attempt for another request.

use std::fmt::Write;

use bytes::Bytes;
use uuid::Uuid;

/// What stands before and after the file of a body that ends with one.
#[derive(Clone, Debug)]
pub(super) struct Multipart {
    /// With the boundary.
    pub(super) content_type: String,
    /// The fields, and the head of the file's part.
    pub(super) head: Bytes,
    /// The end of the file's part, and of the body.
    pub(super) tail: Bytes,
}

/// The part of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilePart<'a> {
    pub(super) field: &'a str,
    pub(super) name: &'a str,
}

impl Multipart {
    /// Frames fields, in order, and then a file. Nobody who writes one of them may be able to guess
    /// `boundary` (RFC 2046 section 5.1.1).
    pub(super) fn new(boundary: Uuid, fields: &[(String, String)], file: FilePart<'_>) -> Multipart {
        let boundary = format!("apicron-{}", boundary.simple());
        let mut head = String::new();
        for (name, value) in fields {
            // Writing to a String cannot fail.
            _ = write!(head, "--{boundary}\r\n{}\r\n\r\n{value}\r\n", disposition(name));
        }
        _ = write!(
            head,
            "--{boundary}\r\n{}; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            disposition(file.field),
            escaped(file.name),
            mime_guess::from_path(file.name).first_or_octet_stream(),
        );
        Multipart {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            head: head.into(),
            tail: format!("\r\n--{boundary}--\r\n").into(),
        }
    }
}

fn disposition(field: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{}\"", escaped(field))
}

/// A name as browsers write it (WHATWG HTML, "multipart/form-data encoding algorithm"): UTF-8 as it is,
/// without what would end the quotes or the line.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&str, &str)], field: &str, name: &str) -> String {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let framed = Multipart::new(Uuid::nil(), &fields, FilePart { field, name });
        String::from_utf8(framed.head.to_vec()).expect("UTF-8")
    }

    #[test]
    fn the_fields_come_first_in_order_and_the_file_last() {
        let line = "--apicron-00000000000000000000000000000000";
        let expected = format!(
            "{line}\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n\
             {line}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nzwei\r\nZeilen ü\r\n\
             {line}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        );
        assert_eq!(head(&[("b", "1"), ("a", "zwei\r\nZeilen ü")], "file", "a.csv"), expected);
        let framed = Multipart::new(Uuid::nil(), &[], FilePart { field: "file", name: "a" });
        assert_eq!(framed.tail, format!("\r\n{line}--\r\n"));
        assert_eq!(framed.content_type, format!("multipart/form-data; boundary={}", line.trim_start_matches("--")));
    }

    #[test]
    fn a_name_cannot_leave_its_quotes_or_its_line() {
        let head = head(&[("x\"y", "1")], "f\r\nX: y", "a \"b\"; ü\n.pdf");
        assert!(head.contains("name=\"x%22y\"\r\n"), "{head}");
        assert!(head.contains("name=\"f%0D%0AX: y\"; filename=\"a %22b%22; ü%0A.pdf\"\r\n"), "{head}");
    }

    #[test]
    fn the_ending_tells_the_media_type_and_an_unknown_one_says_nothing() {
        for (name, expected) in [
            ("a.pdf", "application/pdf"),
            ("A.JSON", "application/json"),
            ("notes.md", "text/markdown"),
            ("a.unheard-of", "application/octet-stream"),
            ("README", "application/octet-stream"),
        ] {
            assert!(head(&[], "file", name).ends_with(&format!("Content-Type: {expected}\r\n\r\n")), "{name}");
        }
    }
}
