//! Warnings about where tokens go.

use std::collections::BTreeMap;

use super::api::Known;
use super::section::Section;
use crate::config::place::At;
use crate::config::urls::looks_like_staging;
use crate::job::{Api, Grant};
use crate::run::Name;

/// Warns about a credential whose tokens go to two hosts, and about one of a test system whose
/// tokens go to another.
pub(super) fn warn(apis: &Section<'_, Known>) {
    let mut first_uses: BTreeMap<&Name, (&At<'_>, &Api)> = BTreeMap::new();
    for (at, api) in apis.entries.iter().filter_map(|entry| Some((&entry.at, &*entry.value.as_ref()?.api))) {
        let Some(credential) = &api.credential else { continue };
        let (first_at, first) = *first_uses.entry(&credential.name).or_insert((at, api));
        if first.base_url.host_str() != api.base_url.host_str() {
            let message = format!("credential `{}` is used for two hosts", credential.name);
            at.key("credential")
                .warning("two-hosts", message)
                .help("tokens of one API should not go to another: give each host its own credential")
                .related(first_at.key("base_url").as_related("the other host"))
                .report();
        }
        if let Grant::ClientCredentials(client) = &credential.grant
            && looks_like_staging(&client.token_url)
            && !looks_like_staging(&api.base_url)
        {
            let message = format!(
                "the tokens come from {}, which looks like a test system, and {} does not",
                client.token_url.host_str().unwrap_or_default(),
                api.base_url.host_str().unwrap_or_default(),
            );
            at.key("base_url").warning("staging", message).help("see to it that both are of one environment").report();
        }
    }
}
