//! What is in scope at the point of the program being written: typed variables, what has been
//! moved out of them, and what is borrowed. Stricter than rustc, never laxer.

use std::collections::BTreeSet;

use super::types::Type;

/// What has been moved out of a variable: paths of fields, or `""` for all of it.
pub(super) type Moved = BTreeSet<&'static str>;

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) mutable: bool,
    moved: Moved,
    /// The variable it borrows from.
    of: Option<usize>,
    /// How many enclosing expressions or loops need it to stay as it is.
    frozen: u32,
}

/// What was so before an `async` block.
#[derive(Debug)]
pub(super) struct Outside {
    copy_floor: usize,
    gone: Vec<usize>,
}

/// Something that can be read: a variable or a field of one.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) variable: usize,
    pub(super) path: &'static str,
    pub(super) text: String,
}

/// The variables in scope, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    variables: Vec<Variable>,
    /// Variables below this may not be moved: a loop runs their use again.
    pub(super) move_floor: usize,
    /// Variables below this may not be moved or assigned: a macro holds borrows of them.
    pub(super) hold_floor: usize,
    /// Variables below this may not be changed: an `async` block has copies of them.
    copy_floor: usize,
    /// Those of which something was gone when the block began: it takes all of a variable or nothing.
    gone: Vec<usize>,
    /// What was moved out of the others.
    moved_out: Vec<Place>,
}

impl Scope {
    /// Adds a variable; `of` is what it borrows from.
    pub(super) fn add(&mut self, name: &str, ty: Type, mutable: bool, of: Option<usize>) {
        let name = name.to_owned();
        self.variables.push(Variable {
            name,
            ty,
            mutable,
            moved: Moved::new(),
            of,
            frozen: 0,
        });
    }

    /// How many there are.
    pub(super) const fn mark(&self) -> usize {
        self.variables.len()
    }

    /// Ends the scopes that began after `mark`.
    pub(super) fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// What has been moved out of each.
    pub(super) fn moved(&self) -> Vec<Moved> {
        self.variables
            .iter()
            .map(|variable| variable.moved.clone())
            .collect()
    }

    /// Goes back to an earlier state.
    pub(super) fn restore(&mut self, moved: &[Moved]) {
        for (variable, moved) in self.variables.iter_mut().zip(moved) {
            variable.moved.clone_from(moved);
        }
    }

    /// The places of this type that can be read here.
    pub(super) fn readable(&self, ty: Type) -> Vec<Place> {
        let mut places = Vec::new();
        for (index, variable) in self.variables.iter().enumerate() {
            if self.is_hidden(index) {
                continue;
            }
            if variable.ty == ty && variable.moved.is_empty() {
                places.push(place(index, "", variable.name.clone()));
            }
            for &(path, field) in variable.ty.fields() {
                if field == ty && !touches(&variable.moved, path) {
                    places.push(place(index, path, format!("{}.{path}", variable.name)));
                }
            }
        }
        places
    }

    /// The places of this type that can be moved from here.
    pub(super) fn movable(&self, ty: Type) -> Vec<Place> {
        let mut places = self.readable(ty);
        places.retain(|place| {
            let index = place.variable;
            !self.variables[index].ty.is_borrow() && index >= self.move_floor && self.is_free(index)
        });
        places
    }

    /// The places of this type that can be changed while they have a value.
    pub(super) fn mutable(&self, ty: Type) -> Vec<Place> {
        let mut places = self.readable(ty);
        places
            .retain(|place| self.variables[place.variable].mutable && self.is_own(place.variable));
        places
    }

    /// The variables and fields of this type that can be assigned, moved from or not.
    pub(super) fn assignable(&self, ty: Type) -> Vec<Place> {
        let mut places = Vec::new();
        for (index, variable) in self.variables.iter().enumerate() {
            if self.is_hidden(index) || !variable.mutable || !self.is_own(index) {
                continue;
            }
            if variable.ty == ty {
                places.push(place(index, "", variable.name.clone()));
            }
            for &(path, field) in variable.ty.fields() {
                if field == ty && !variable.moved.contains("") {
                    places.push(place(index, path, format!("{}.{path}", variable.name)));
                }
            }
        }
        places
    }

    /// A variable of type `Order` of which nothing is moved but perhaps `name`, and the rest can be.
    pub(super) fn bases(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (index, variable) in self.variables.iter().enumerate() {
            if variable.ty == Type::Order
                && variable.moved.iter().all(|path| *path == "name")
                && index >= self.move_floor
                && !self.is_hidden(index)
                && self.is_free(index)
            {
                places.push(place(index, "", variable.name.clone()));
            }
        }
        places
    }

    /// Moves from a place.
    pub(super) fn take(&mut self, place: &Place) {
        self.variables[place.variable].moved.insert(place.path);
        if place.variable < self.copy_floor {
            self.moved_out.push(place.clone());
        }
    }

    /// Writes an `async` block.
    pub(super) fn enter_block(&mut self) -> Outside {
        let is_gone = |(_, variable): &(usize, &Variable)| !variable.moved.is_empty();
        let gone = self.variables.iter().enumerate().filter(is_gone);
        let gone = gone.map(|(index, _)| index).collect();
        let copy_floor = self.mark();
        Outside {
            copy_floor: std::mem::replace(&mut self.copy_floor, copy_floor),
            gone: std::mem::replace(&mut self.gone, gone),
        }
    }

    /// Ends the block: what it moved on any way it has taken.
    pub(super) fn leave_block(&mut self, outside: Outside) {
        self.copy_floor = outside.copy_floor;
        self.gone = outside.gone;
        for place in std::mem::take(&mut self.moved_out) {
            self.take(&Place { path: "", ..place });
        }
    }

    /// The variables that this text names, if they are all that it can mean.
    pub(super) fn named(&self, text: &str) -> Vec<Place> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: BTreeSet<&str> = text.split(|letter| !is_part(letter)).collect();
        let variables = self.variables.iter().enumerate();
        let named = variables.filter(|(_, variable)| words.contains(&*variable.name));
        named
            .map(|(index, variable)| place(index, "", variable.name.clone()))
            .collect()
    }

    /// Whether naming a variable in an `async move` block takes it away, and whether it may.
    pub(super) fn moves(&self, place: &Place) -> (bool, bool) {
        let (index, variable) = (place.variable, &self.variables[place.variable]);
        let is_there = !variable.moved.contains("");
        let may = variable.moved.is_empty() && index >= self.move_floor && self.is_free(index);
        (is_there && !variable.ty.is_copy(), may)
    }

    /// Gives a place a value.
    pub(super) fn put(&mut self, place: &Place) {
        let moved = &mut self.variables[place.variable].moved;
        moved.retain(|gone| !place.path.is_empty() && *gone != place.path);
    }

    /// Keeps a variable from being changed or moved, until [`thaw`](Self::thaw).
    pub(super) fn freeze(&mut self, place: &Place) {
        self.variables[place.variable].frozen += 1;
    }

    /// Ends a [`freeze`](Self::freeze).
    pub(super) fn thaw(&mut self, place: &Place) {
        self.variables[place.variable].frozen -= 1;
    }

    fn is_own(&self, index: usize) -> bool {
        index >= self.copy_floor && self.is_free(index)
    }

    fn is_free(&self, index: usize) -> bool {
        let borrowed = self
            .variables
            .iter()
            .any(|variable| variable.of == Some(index));
        index >= self.hold_floor && self.variables[index].frozen == 0 && !borrowed
    }

    fn is_hidden(&self, index: usize) -> bool {
        self.gone.contains(&index) || self.is_shadowed(index)
    }

    fn is_shadowed(&self, index: usize) -> bool {
        let name = &self.variables[index].name;
        self.variables[index + 1..]
            .iter()
            .any(|later| later.name == *name)
    }
}

/// What two ways through the program leave.
pub(super) fn union(one: &[Moved], other: &[Moved]) -> Vec<Moved> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one | other)
        .collect()
}

const fn place(variable: usize, path: &'static str, text: String) -> Place {
    Place {
        variable,
        path,
        text,
    }
}

fn touches(moved: &Moved, path: &str) -> bool {
    moved
        .iter()
        .any(|gone| gone.is_empty() || *gone == path || path.starts_with(&format!("{gone}.")))
}
