//! The rollback that a step wants, for messages.

use super::rollback::Undo;
use crate::diagnostics::text_of;
use crate::signature::Function;

/// The signature that a rollback of this step has; `in_doubt` where it must accept an unknown
/// outcome.
pub(crate) fn signature(step: &Function, name: &str, in_doubt: bool) -> String {
    let this = step.method.then(|| "&self".to_owned());
    let stored = step
        .stored()
        .map(|(parameter, _)| format!("{}: {}", parameter.shown(), text_of(&parameter.ty)));
    let output = match (in_doubt, step.output.is_unit()) {
        (true, _) => Some(format!("outcome: Outcome<{}>", step.output.value_text())),
        (false, true) => None,
        (false, false) => Some(format!("output: {}", step.output.value_text())),
    };
    let parameters: Vec<String> = this.into_iter().chain(stored).chain(output).collect();
    let error = step.output.error_text();
    format!(
        "async fn {name}({}) -> Result<(), {error}>",
        parameters.join(", ")
    )
}

impl Undo<'_> {
    /// Message, label and notes for a function that cannot undo the step.
    pub(super) fn texts(&self) -> [String; 4] {
        let rollback = text_of(self.path);
        let last = self
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default();
        let step = &self.shape.function.item.sig.ident;
        let value = self.shape.function.output.value_text();
        let expected = signature(self.shape.function, &last, self.doubt.is_some());
        let further = if self.doubt.is_some() {
            "after that it may take a `Failure`, `Resource<T>`s and a `&mut Tx<'_, D>`; its error may be another"
                .to_owned()
        } else {
            format!(
                "instead of `{value}` it may take `Outcome<{value}>`, and after that a `Failure`, \
                 `Resource<T>`s and a `&mut Tx<'_, D>`; its error may be another"
            )
        };
        [
            format!("`{rollback}` cannot undo the step `{step}`"),
            format!("its parameters or its output are not those of a rollback of `{step}`"),
            format!("it must be like this: `{expected}`"),
            further,
        ]
        // In these texts a brace begins a parameter.
        .map(|text| text.replace('{', "{{").replace('}', "}}"))
    }
}
