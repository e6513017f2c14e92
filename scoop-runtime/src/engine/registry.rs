//! The sagas and steps that were linked into this program.

use std::collections::HashMap;
use std::fmt;

use crate::operation::inline::RegisteredInline;
use crate::operation::saga::{RegisteredSaga, SagaDescriptor};
use crate::operation::step::{RegisteredStep, StepDescriptor};
use crate::resource::{ResourceType, Resources};
use crate::store::tx::Database;

/// What does not fit together in this program.
#[derive(thiserror::Error)]
pub enum RegistryError {
    /// Two sagas of one stored name.
    #[error(
        "two sagas are named `{name}`: in {first} and in {second}; give one `#[saga(name = \"..\")]`"
    )]
    SameSaga {
        /// The name.
        name: &'static str,
        /// Where one is.
        first: String,
        /// Where the other is.
        second: String,
    },
    /// Two steps of one stored name.
    #[error("two steps are named `{0}`; give one `#[step(name = \"..\")]`")]
    SameStep(&'static str),
    /// Resources that nobody provided.
    #[error("resources are missing: {}; add `.provide(..)` before the runtime is started", .0.join(", "))]
    Missing(Vec<String>),
    /// Steps that want to take part in transactions which this store does not have.
    #[error(
        "the store is `{store}:`, and these want a transaction of another database: {}; connect to a \
         store of that kind, or name the sagas to serve with `.sagas(..)`",
        .steps.join(", ")
    )]
    OtherDatabase {
        /// What the store is called.
        store: &'static str,
        /// Which steps and rollbacks want what.
        steps: Vec<String>,
    },
    /// Rollbacks that take two transactions.
    #[error(
        "the rollback `{0}` takes two transactions: there is one, which commits with its outcome"
    )]
    TwoTransactions(&'static str),
    /// `.sagas(..)` names one that is not there.
    #[error(
        "this program has no saga `{0}`; if it is in a library crate, the program has to use that \
         crate: `use that_crate as _;`"
    )]
    UnknownSaga(String),
}

/// As `main` prints it: what it says.
impl fmt::Debug for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The sagas and steps of this program by their stored names.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sagas: HashMap<&'static str, &'static SagaDescriptor>,
    steps: HashMap<&'static str, &'static StepDescriptor>,
    served: Option<Vec<String>>,
}

impl Registry {
    /// Everything that was linked, serving `served` (all where it is `None`).
    pub(crate) fn linked(served: Option<Vec<String>>) -> Result<Self, RegistryError> {
        let mut registry = Self {
            served,
            ..Self::default()
        };
        for RegisteredSaga(saga) in inventory::iter::<RegisteredSaga> {
            let name = saga.description.saga;
            if let Some(other) = registry.sagas.insert(name, saga) {
                let place = |saga: &SagaDescriptor| format!("{}:{}", saga.file, saga.line);
                return Err(RegistryError::SameSaga {
                    name,
                    first: place(other),
                    second: place(saga),
                });
            }
        }
        for RegisteredStep(step) in inventory::iter::<RegisteredStep> {
            if registry.steps.insert(step.meta.name, step).is_some() {
                return Err(RegistryError::SameStep(step.meta.name));
            }
        }
        let unknown = registry
            .served
            .iter()
            .flatten()
            .find(|name| !registry.sagas.contains_key(name.as_str()));
        match unknown {
            Some(name) => Err(RegistryError::UnknownSaga(name.clone())),
            None => Ok(registry),
        }
    }

    /// Checks that everything that sagas and steps want is provided.
    pub(crate) fn check(&self, resources: &Resources) -> Result<(), RegistryError> {
        let mut missing = Vec::new();
        let mut want = |name: &str, wanted: Vec<ResourceType>| {
            for resource in wanted
                .into_iter()
                .filter(|wanted| !resources.contains(*wanted))
            {
                missing.push(format!("`{}` for `{name}`", resource.name));
            }
        };
        // Which steps a saga uses is known only when it runs: a program that serves some sagas
        // only checks the sagas themselves.
        for saga in self
            .sagas
            .values()
            .filter(|saga| self.serves(saga.description.saga))
        {
            want(saga.description.saga, (saga.resources)());
        }
        if self.served.is_none() {
            for function in inventory::iter::<RegisteredInline> {
                want(function.name, (function.resources)());
            }
            for step in self.steps.values() {
                want(step.meta.name, (step.resources)());
                if let Some(undo) = &step.undo {
                    want(undo.name, (undo.resources)());
                }
            }
        }
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(RegistryError::Missing(missing))
        }
    }

    /// Checks that the transactions that steps want to take part in are those of the store.
    pub(crate) fn check_database(
        &self,
        store: &'static str,
        database: Option<Database>,
    ) -> Result<(), RegistryError> {
        let mut steps = Vec::new();
        let mut want = |name: &str, wanted: Database| {
            if Some(wanted) != database {
                steps.push(format!("`{name}` ({wanted})"));
            }
        };
        // As with resources: which steps a saga uses is known only when it runs.
        for step in self.steps.values().filter(|_| self.served.is_none()) {
            if let Some(transaction) = &step.transaction {
                want(step.meta.name, transaction.database);
            }
            let undo = step.undo.as_ref();
            match undo.map(|undo| (undo.name, (undo.transactions)())) {
                Some((name, wanted)) if wanted.len() > 1 => {
                    return Err(RegistryError::TwoTransactions(name));
                }
                Some((name, wanted)) => wanted.into_iter().for_each(|wanted| want(name, wanted)),
                None => {}
            }
        }
        steps.sort();
        steps.dedup();
        if steps.is_empty() {
            Ok(())
        } else {
            Err(RegistryError::OtherDatabase { store, steps })
        }
    }

    /// The names of the sagas that this program runs.
    pub(crate) fn served(&self) -> Vec<String> {
        let names = self.sagas.keys().filter(|name| self.serves(name));
        names.map(ToString::to_string).collect()
    }

    fn serves(&self, saga: &str) -> bool {
        self.served
            .as_ref()
            .is_none_or(|served| served.iter().any(|name| name == saga))
    }

    /// The saga of this name; or why this program cannot run it.
    pub(crate) fn saga(&self, name: &str) -> Result<&'static SagaDescriptor, String> {
        match self.sagas.get(name) {
            Some(saga) if self.serves(name) => Ok(saga),
            Some(_) => Err(format!(
                "saga `{name}` is not among those this runtime serves"
            )),
            None => Err(RegistryError::UnknownSaga(name.to_owned()).to_string()),
        }
    }

    /// The saga of this name, whether this program runs it or only awaits it.
    pub(crate) fn linked_saga(&self, name: &str) -> Option<&'static SagaDescriptor> {
        self.sagas.get(name).copied()
    }

    /// Whether this may be the name of a saga: a step and a saga may have one name.
    pub(crate) fn may_be_saga(&self, name: &str) -> bool {
        self.sagas.contains_key(name) || !self.steps.contains_key(name)
    }

    /// The step of this name; or why this program cannot run it.
    pub(crate) fn step(&self, name: &str) -> Result<&'static StepDescriptor, String> {
        self.steps
            .get(name)
            .copied()
            .ok_or_else(|| format!("this program has no step `{name}`"))
    }
}
