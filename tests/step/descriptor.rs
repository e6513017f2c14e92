//! A step as the engine has it.

use scoop::__private::runtime::codec::Stored;
use scoop::__private::runtime::operation::step::{StepDescriptor, StepInput, UndoEnd, UndoInput};
use scoop::__private::runtime::operation::{Intent, Operation, Step, StepCall, StepEnd};
use scoop::__private::runtime::protocol::failure::{FailureKind, StoredError, StoredFailure};
use scoop::__private::runtime::resource::Resources;

use crate::steps::{Mailer, provided};

pub(crate) fn descriptor_of<S: Step>(_: &StepCall<S>) -> &'static StepDescriptor {
    S::descriptor()
}

pub(crate) fn arguments_of<S: Step>(call: StepCall<S>) -> Stored {
    match call.into_intent() {
        Intent::Step { arguments, .. } => arguments.unwrap(),
        _ => panic!("not a step"),
    }
}

pub(crate) async fn stored<S: Step>(call: StepCall<S>) -> Result<Stored, StoredError> {
    let arguments = arguments_of(call);
    let input = StepInput {
        transaction: None,
        arguments,
        resources: provided(Mailer::default()),
    };
    match (S::descriptor().run)(input).await {
        StepEnd::Returned { stored, .. } => stored.unwrap(),
        other => panic!("it did not run: {other:?}"),
    }
}

pub(crate) async fn undo<S: Step>(
    call: StepCall<S>,
    output: Option<&str>,
    resources: Resources,
) -> UndoEnd {
    let input = UndoInput {
        transaction: None,
        arguments: arguments_of(call),
        output: output.map(Stored::from_json),
        failure: failure("it rained").into(),
        resources,
    };
    (S::descriptor().undo.as_ref().unwrap().run)(input).await
}

pub(crate) fn failure(message: &str) -> StoredFailure {
    let error = StoredError {
        type_name: String::new(),
        message: message.to_owned(),
        sources: Vec::new(),
        value: None,
    };
    StoredFailure {
        kind: FailureKind::Error,
        error,
        cause: None,
        hop: None,
        below: None,
        doubt: None,
        preceded_by: Vec::new(),
        compensations: Vec::new(),
        resolved: None,
        loser: None,
    }
}
