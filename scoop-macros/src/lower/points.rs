//! The stable names of await points.
//!
//! A point is named by its label, or by its callee and the `let` that takes the value. Points that
//! would have one name are told apart by their number *among how many*, so that inserting one
//! makes the old names unknown instead of meaning another await.

use std::collections::{HashMap, HashSet};

use syn::Error;

use super::ir::PointInfo;

/// Gives every point its name. Two points with one explicit label are a mistake.
pub(super) fn name(points: &mut [PointInfo]) -> Vec<Error> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for point in points.iter() {
        *counts.entry(base(point)).or_default() += 1;
    }
    let mut errors = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut labels = HashSet::new();
    for point in points {
        let base = base(point);
        let total = counts[&base];
        let number = seen.entry(base.clone()).or_default();
        *number += 1;
        if point.label.is_some() && !labels.insert(base.clone()) {
            errors.push(Error::new(
                point.span,
                format!(
                    "two await points are labelled \"{base}\": a stored run would not know at \
                     which of them to go on; give each a label of its own"
                ),
            ));
        }
        point.name = if total == 1 || point.label.is_some() {
            base
        } else {
            format!("{base} ({number} of {total})")
        };
    }
    errors
}

fn base(point: &PointInfo) -> String {
    match (&point.label, &point.binding) {
        (Some(label), _) => label.clone(),
        (None, Some(binding)) => format!("{}:{binding}", point.callee),
        (None, None) => point.callee.clone(),
    }
}
