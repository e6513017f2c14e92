//! The types of the variables in a generated program, and the fields of those that have some.

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Usize,
    Bool,
    Text,
    Ints,
    Texts,
    Items,
    Maybe,
    Gift,
    Ship,
    Point,
    Order,
    Fault,
    RefInt,
    RefText,
    RefItem,
    RefTexts,
}

impl Type {
    /// How it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Int => "i64",
            Self::Usize => "usize",
            Self::Bool => "bool",
            Self::Text => "String",
            Self::Ints => "Vec<i64>",
            Self::Texts => "Vec<String>",
            Self::Items => "Vec<Item>",
            Self::Maybe => "Option<i64>",
            Self::Gift => "Option<String>",
            Self::Ship => "Ship",
            Self::Point => "Point",
            Self::Order => "Order",
            Self::Fault => "Fault",
            Self::RefInt => "&i64",
            Self::RefText => "&String",
            Self::RefItem => "&Item",
            Self::RefTexts => "&Vec<String>",
        }
    }

    /// Whether it is a borrow, so that nothing can be moved out of it.
    pub(super) const fn is_borrow(self) -> bool {
        matches!(
            self,
            Self::RefInt | Self::RefText | Self::RefItem | Self::RefTexts
        )
    }

    /// Whether it is still there when it was used.
    pub(super) const fn is_copy(self) -> bool {
        self.is_borrow()
            || matches!(
                self,
                Self::Int | Self::Usize | Self::Bool | Self::Maybe | Self::Point
            )
    }

    /// The paths that can be read in it, with their types.
    pub(super) const fn fields(self) -> &'static [(&'static str, Self)] {
        match self {
            Self::Order => &[
                ("name", Self::Text),
                ("qty", Self::Int),
                ("tags", Self::Texts),
                ("items", Self::Items),
                ("ship", Self::Ship),
                ("gift", Self::Gift),
                ("address.city", Self::Text),
                ("address.zip", Self::Int),
            ],
            Self::RefItem => &[("sku", Self::Text), ("count", Self::Int)],
            Self::Point => &[("x", Self::Int), ("y", Self::Int)],
            Self::Fault => &[("code", Self::Int)],
            _ => &[],
        }
    }
}
