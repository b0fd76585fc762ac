//! Which variables a place of a call may name.

use crate::config::file::{Call as Written, Field, FlagOr};
use crate::filter::Variable::{self, Calls, Each, Items, Reply, Run, State};

/// What the filters and templates of a call see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sees {
    made: Made,
    list: List,
}

/// How often the call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Once,
    ForEach,
}

/// Whether the answer of the call is counted as a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Counted,
    Uncounted,
}

impl Sees {
    pub(super) fn of(written: &Written) -> Sees {
        let is_made_for_each = is_there(&written.for_each) || is_there(&written.upload);
        let is_paged = !matches!(written.pages, Field::Absent | Field::Written(FlagOr::Flag(false)));
        Sees {
            made: if is_made_for_each { Made::ForEach } else { Made::Once },
            list: if is_paged || is_there(&written.records) { List::Counted } else { List::Uncounted },
        }
    }

    /// Before a run has asked anything: `for_each` and `each_key`.
    pub(super) const ELEMENTS: &'static [Variable] = &[Run, Calls, State];

    /// Before there is a reply, and in what looks at one item: templates, `when`, `records`.
    pub(super) fn before_reply(self) -> &'static [Variable] {
        match self.made {
            Made::Once => &[Run, Calls, State],
            Made::ForEach => &[Run, Calls, State, Each],
        }
    }

    /// What looks at one answer: `expect`, `pages`, `until` and `failed`.
    pub(super) fn reply(self) -> &'static [Variable] {
        match self.made {
            Made::Once => &[Run, Reply, Calls, State],
            Made::ForEach => &[Run, Reply, Calls, State, Each],
        }
    }

    /// What is remembered of it: not what each element has another one of.
    pub(super) fn remembered(self) -> &'static [Variable] {
        if self.is_made_for_each() { Sees::ELEMENTS } else { self.whole() }
    }

    pub(super) fn is_made_for_each(self) -> bool {
        self.made == Made::ForEach
    }

    /// What looks at all of it: `metrics`, and `remember`.
    pub(super) fn whole(self) -> &'static [Variable] {
        match (self.made, self.list) {
            (Made::Once, List::Uncounted) => &[Run, Reply, Calls, State],
            (Made::Once, List::Counted) => &[Run, Reply, Calls, State, Items],
            (Made::ForEach, List::Uncounted) => &[Run, Reply, Calls, State, Each],
            (Made::ForEach, List::Counted) => &[Run, Reply, Calls, State, Items, Each],
        }
    }
}

pub(super) fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}
