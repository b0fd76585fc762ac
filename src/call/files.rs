//! stub
use super::failure::Failure;
use crate::filter::Json;
use std::path::{Path, PathBuf};
#[derive(Clone, Debug)]
pub(super) struct UploadFile {
    pub(super) path: PathBuf,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}
impl UploadFile {
    pub(super) fn as_json(&self) -> Json {
        Json::null()
    }
}
pub(super) async fn files(_folder: &Path, _glob: &str) -> Result<Vec<UploadFile>, Failure> {
    Ok(Vec::new())
}
