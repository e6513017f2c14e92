//! The sagas and steps that are linked into this program.

use std::collections::HashMap;

use super::trouble::ConnectError;
use crate::operation::saga::{RegisteredSaga, SagaDescriptor};
use crate::operation::step::{RegisteredStep, StepDescriptor};
use crate::protocol::plan::StepShape;
use crate::protocol::description::OperationKind;
use crate::resource::{ResourceType, Resources};

/// What this build has.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sagas: HashMap<&'static str, &'static SagaDescriptor>,
    steps: HashMap<&'static str, &'static StepDescriptor>,
}

impl Registry {
    /// All that registered itself at link time.
    pub(crate) fn linked() -> Result<Self, ConnectError> {
        let sagas = inventory::iter::<RegisteredSaga>().map(|registered| registered.0);
        let steps = inventory::iter::<RegisteredStep>().map(|registered| registered.0);
        Self::of(sagas, steps)
    }

    /// These sagas and steps.
    pub(crate) fn of(
        sagas: impl IntoIterator<Item = &'static SagaDescriptor>,
        steps: impl IntoIterator<Item = &'static StepDescriptor>,
    ) -> Result<Self, ConnectError> {
        let mut registry = Self::default();
        for saga in sagas {
            if let Some(first) = registry.sagas.insert(saga.description.saga, saga) {
                return Err(two_of_one_name(first, saga));
            }
        }
        registry.steps.extend(steps.into_iter().map(|step| (step.meta.name, step)));
        Ok(registry)
    }

    /// The saga with this stored name; or what to do about it.
    pub(crate) fn saga(&self, name: &str) -> Result<&'static SagaDescriptor, String> {
        self.sagas.get(name).copied().ok_or_else(|| {
            format!(
                "the saga `{name}` is not in this program: if it was renamed, keep its name with \
                 `#[saga(name = \"{name}\")]`; if it is in a library crate, the program must use \
                 that crate (`use that_crate as _;`)"
            )
        })
    }

    /// The step with this stored name.
    pub(crate) fn step(&self, name: &str) -> Option<&'static StepDescriptor> {
        self.steps.get(name).copied()
    }

    /// What a rollback plan needs to know of the step with this stored name.
    pub(crate) fn shape(&self, name: &str) -> Option<StepShape> {
        let step = self.step(name)?;
        let OperationKind::Step(kind) = step.meta.kind else { return None };
        let takes_outcome = step.undo.as_ref().is_some_and(|undo| (undo.takes_outcome)());
        Some(StepShape { kind, takes_outcome })
    }

    /// Checks that everything the served sagas want is provided.
    pub(crate) fn check(
        &self,
        served: Option<&[String]>,
        resources: &Resources,
    ) -> Result<(), ConnectError> {
        let mut lines = Vec::new();
        for saga in self.served(served)? {
            let name = saga.description.saga;
            lines.extend(missing("saga", name, (saga.resources)(), resources));
            let points = saga.description.points.iter();
            for step in points.filter_map(|point| self.step(point.operation?.name)) {
                lines.extend(missing("step", step.meta.name, (step.resources)(), resources));
                if let Some(undo) = &step.undo {
                    lines.extend(missing("rollback", undo.name, (undo.resources)(), resources));
                }
            }
        }
        lines.sort_unstable();
        lines.dedup();
        if lines.is_empty() { Ok(()) } else { Err(ConnectError::MissingResources(lines)) }
    }

    fn served(
        &self,
        names: Option<&[String]>,
    ) -> Result<Vec<&'static SagaDescriptor>, ConnectError> {
        match names {
            None => Ok(self.sagas.values().copied().collect()),
            Some(names) => names
                .iter()
                .map(|name| self.saga(name).map_err(ConnectError::UnknownSaga))
                .collect(),
        }
    }
}

fn missing(
    kind: &'static str,
    name: &'static str,
    wanted: Vec<ResourceType>,
    provided: &Resources,
) -> impl Iterator<Item = String> {
    wanted
        .into_iter()
        .filter(|wanted| !provided.contains(*wanted))
        .map(move |wanted| format!("the {kind} `{name}` wants `{}`", wanted.name))
}

fn two_of_one_name(first: &SagaDescriptor, second: &SagaDescriptor) -> ConnectError {
    let place = |saga: &SagaDescriptor| format!("{}:{}", saga.file, saga.line);
    let mut places = [place(first), place(second)];
    places.sort_unstable();
    let [one, other] = places;
    ConnectError::TwoOfOneName {
        kind: "sagas",
        name: second.description.saga,
        first: one,
        second: other,
    }
}
