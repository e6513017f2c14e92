//! The stable names of await points.
//!
//! A point is named by its label, or by its callee and the `let` that takes the value. Points that
//! would have one name are told apart by their number *among how many*, so that inserting one
//! makes the old names unknown instead of meaning another await.

use std::collections::HashMap;

use super::ir::PointInfo;

/// Gives every point its name.
pub(super) fn name(points: &mut [PointInfo]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for point in points.iter() {
        *counts.entry(base(point)).or_default() += 1;
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for point in points {
        let base = base(point);
        let total = counts[&base];
        let number = seen.entry(base.clone()).or_default();
        *number += 1;
        point.name = if total == 1 {
            base
        } else {
            format!("{base} ({number} of {total})")
        };
    }
}

fn base(point: &PointInfo) -> String {
    match (&point.label, &point.binding) {
        (Some(label), _) => label.clone(),
        (None, Some(binding)) => format!("{}:{binding}", point.callee),
        (None, None) => point.callee.clone(),
    }
}
