//! A body with a file in it, sent from disk.

use std::error::Error;
use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::{once, try_unfold};
use reqwest::Body;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::failure::Failure;
use super::files::{CHUNK, UploadFile, in_hex};
use super::multipart::Multipart;
use crate::run::Kind;

/// A body with a file in it. The same for each attempt, which opens the file anew.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) frame: Multipart,
    pub(super) file: UploadFile,
}

/// Why a body broke off on our side: the file is not as it was when it was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct BrokenOff(String);

impl BrokenOff {
    /// The reason in an error of the HTTP client, if this is its cause.
    pub(super) fn within(error: &reqwest::Error) -> Option<&BrokenOff> {
        std::iter::successors(error.source(), |&cause| cause.source()).find_map(<dyn Error>::downcast_ref)
    }
}

impl Upload {
    /// The bytes of the body.
    pub(super) fn length(&self) -> u64 {
        self.frame.head.len() as u64 + self.file.bytes + self.frame.tail.len() as u64
    }

    /// The body of one attempt. It breaks off before its end, so that no API can take it for whole, when
    /// the file turns out to be another than was found: what is known as uploaded is what was sent.
    ///
    /// # Errors
    /// [`Kind::Upload`] when the file cannot be read or has another length by now. Nothing is sent then.
    pub(super) async fn open(&self) -> Result<Body, Failure> {
        let failure = |broken: BrokenOff| Failure::new(Kind::Upload, broken.0);
        let opened = async {
            let file = File::open(&self.file.path).await?;
            let bytes = file.metadata().await?.len();
            Ok((file, bytes))
        };
        let (file, bytes) = opened.await.map_err(|error| failure(unreadable(&self.file, &error)))?;
        if bytes != self.file.bytes {
            return Err(failure(changed(&self.file)));
        }
        let reading = Reading { file, found: self.file.clone(), left: bytes, digest: Sha256::new() };
        let frame = |part: &Bytes| once(std::future::ready(Ok(part.clone())));
        let body = frame(&self.frame.head).chain(try_unfold(reading, Reading::go_on)).chain(frame(&self.frame.tail));
        Ok(Body::wrap_stream(body))
    }
}

/// A file that is being read.
struct Reading {
    file: File,
    found: UploadFile,
    left: u64,
    digest: Sha256,
}

impl Reading {
    async fn go_on(mut self) -> Result<Option<(Bytes, Reading)>, BrokenOff> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = self.file.read_buf(&mut chunk).await.map_err(|error| unreadable(&self.found, &error))?;
        if read == 0 {
            let is_as_found = self.left == 0 && in_hex(self.digest) == self.found.sha256;
            return if is_as_found { Ok(None) } else { Err(changed(&self.found)) };
        }
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| changed(&self.found))?;
        self.digest.update(&chunk);
        Ok(Some((chunk.freeze(), self)))
    }
}

fn changed(file: &UploadFile) -> BrokenOff {
    BrokenOff(format!(
        "`{}` changed after it was found, so it was not sent to its end; have files written elsewhere and moved in \
         when they are whole",
        file.key
    ))
}

fn unreadable(file: &UploadFile, error: &io::Error) -> BrokenOff {
    BrokenOff(format!("could not read `{}`, which is to be uploaded: {error}", file.key))
}
