//! A checked tree as a program that jaq runs.

use std::fmt;

use jaq_core::compile::Compiler;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars};
use jaq_json::Val;

use super::check::Facts;
use super::json::{Clipped, Json};
use super::meter::{self, Allowance};
use super::natives::{self, Data};
use super::value::Metered;
use super::{Variable, Variables, language, tree};

/// What one run may give.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Values.
    pub(super) outputs: usize,
    /// What they may weigh beyond the input, in MiB.
    pub(super) mebibytes: usize,
}

impl Bounds {
    pub(super) const USUAL: Bounds = Bounds { outputs: 10_000, mebibytes: 1 };
    pub(super) const WIDE: Bounds = Bounds { outputs: 100_000, mebibytes: 64 };
}

/// Weights are in units of about 16 bytes.
const MEBIBYTE: usize = 64 * 1024;

/// Characters of a message: many, since it is cut for people only when secrets are out of it.
const MESSAGE: usize = 16 * 1024;

/// A compiled filter.
pub(super) struct Program {
    filter: jaq_core::Filter<Data>,
    weight: u64,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("weight", &self.weight).finish_non_exhaustive()
    }
}

impl Program {
    /// Compiles a tree that was checked. `None` would be a mistake in the language's own definitions.
    pub(super) fn compile(mut term: Term<&str>, facts: &Facts<'_>) -> Option<Program> {
        const MAIN: &str = "_main";
        charge_commas(&mut term);
        let mut names = facts.functions.clone();
        names.insert("_step");
        let mut definitions: Vec<Def<&str>> = language::definitions(&mut names);
        let arena = Arena::default();
        definitions.push(Def { name: MAIN, args: Vec::new(), body: term });
        let modules = Loader::new(definitions).load(&arena, File { code: MAIN, path: () }).ok()?;
        let filter = Compiler::default()
            .with_funs(natives::named(&names))
            .with_global_vars(Variable::ALL.iter().map(|variable| variable.name()))
            .compile(modules)
            .ok()?;
        Some(Program { filter, weight: facts.nodes })
    }

    /// Every value that the filter gives, or what went wrong.
    pub(super) fn run(
        &self,
        input: &Json,
        variables: &Variables,
        allowance: Allowance,
        bounds: Bounds,
    ) -> Result<Vec<Json>, String> {
        let _run = meter::begin(self.weight, allowance);
        let values =
            Variable::ALL.iter().map(|variable| variables.get(*variable).map_or(Val::Null, |json| json.0.clone()));
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new(values.map(Metered)));
        let mut outputs = Outputs::of(input, bounds);
        for value in self.filter.id.run((context, Metered(input.0.clone()))) {
            if let Some(spent) = meter::spent() {
                return Err(spent.as_str().to_owned());
            }
            match value {
                Ok(value) => outputs.add(value)?,
                Err(exception) => return Err(message(exception)),
            }
        }
        meter::spent().map_or(Ok(outputs.values), |spent| Err(spent.as_str().to_owned()))
    }
}

fn message(exception: jaq_core::Exn<'_, Metered>) -> String {
    match exception.get_err() {
        Ok(error) => match error.clone().into_val().0 {
            // A message that is a text is shown without the quotes of JSON.
            Val::TStr(text) => Clipped::of(MESSAGE, &String::from_utf8_lossy(&text)),
            _ => Clipped::of(MESSAGE, &error),
        },
        Err(_) => "it ended early".to_owned(),
    }
}

/// Has each value of `,` pay: of all that generates values, only `,` asks no value for them.
fn charge_commas(term: &mut Term<&str>) {
    charge_inside(term);
    if is_comma(term) {
        let step = Term::Call("_step", Vec::new());
        *term = Term::BinOp(Box::new(std::mem::take(term)), BinaryOp::Pipe(None), Box::new(step));
    }
}

fn charge_inside(term: &mut Term<&str>) {
    let in_chain = is_comma(term);
    for inner in tree::children_mut(term) {
        // In `a, b, c` one charge is enough, around them all.
        if in_chain && is_comma(inner) { charge_inside(inner) } else { charge_commas(inner) }
    }
}

fn is_comma(term: &Term<&str>) -> bool {
    matches!(term, Term::BinOp(_, BinaryOp::Comma, _))
}

/// The values of a run so far.
struct Outputs<'a> {
    input: &'a Json,
    bounds: Bounds,
    room: usize,
    widened: bool,
    values: Vec<Json>,
}

impl<'a> Outputs<'a> {
    fn of(input: &'a Json, bounds: Bounds) -> Outputs<'a> {
        Outputs { input, bounds, room: bounds.mebibytes * MEBIBYTE, widened: false, values: Vec::new() }
    }

    fn add(&mut self, value: Metered) -> Result<(), String> {
        let spent = |spent: meter::Spent| spent.as_str().to_owned();
        let weight = value.weigh().map_err(spent)?;
        if weight > self.room && !self.widened {
            // Parts of the input are no growth, so that much may come out again.
            self.room += Metered(self.input.0.clone()).weigh().map_err(spent)?;
            self.widened = true;
        }
        self.room = self
            .room
            .checked_sub(weight)
            .ok_or_else(|| format!("it gives more than {} MiB beyond its input", self.bounds.mebibytes))?;
        if self.values.len() >= self.bounds.outputs {
            return Err(format!("it gives more than {} values", self.bounds.outputs));
        }
        self.values.push(Json(value.0));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
