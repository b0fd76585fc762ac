//! The JSON Schema of the job file, from the very types that read it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::file::JobFile;

/// The JSON Schema of the job file, for editors: draft 7, which those for TOML understand.
///
/// It says which keys there are and what form their values have; `apicron check` says the rest.
pub fn schema() -> Value {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<JobFile>();
    let mut parts = match Value::from(schema) {
        Value::Object(parts) => parts,
        other => return other,
    };
    // What it is comes first, for whoever opens the file.
    let mut ordered = serde_json::Map::new();
    for key in ["$schema", "title", "description"] {
        ordered.extend(parts.shift_remove_entry(key));
    }
    ordered.insert("title".to_owned(), "apicron job file".into());
    ordered.append(&mut parts);
    Value::Object(ordered)
}
