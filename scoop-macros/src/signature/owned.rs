//! Types that are owned throughout: what is stored can hold no borrow, and needs a name.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Lifetime, Type, TypeImplTrait, TypeReference, TypeTraitObject};

use crate::diagnostics::Mistakes;

/// Judges a type; `whose` begins the message.
pub(super) fn throughout(ty: &Type, whose: &str, mistakes: &mut Mistakes) -> bool {
    let mut search = Search {
        mistakes,
        found: false,
        whose,
    };
    search.visit_type(ty);
    !search.found
}

struct Search<'a> {
    mistakes: &'a mut Mistakes,
    found: bool,
    whose: &'a str,
}

impl Search<'_> {
    fn refuse(&mut self, tokens: impl ToTokens, why: &str) {
        self.found = true;
        self.mistakes
            .at(tokens, format_args!("{} is stored: {why}", self.whose));
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        self.refuse(ty, "a borrow inside it cannot be; use an owned type");
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.refuse(lifetime, "a borrow inside it cannot be; use an owned type");
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.refuse(
            ty,
            "`impl Trait` names no type to read it back as; name the type",
        );
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        self.refuse(
            ty,
            "a trait object cannot be; use a type or an enum of types",
        );
    }
}
