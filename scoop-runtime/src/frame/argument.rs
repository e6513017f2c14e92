//! Arguments of the saga among its locals. That one cannot be stored is said of the parameter, by its
//! codec: here nothing is asked of its type, so that one mistake is told once.

use super::{Frame, checked, decode};
use crate::operation::stored::Codec;

impl Frame {
    /// The saved value of an argument.
    pub fn load_argument<T>(&mut self, codec: &Codec<T>, name: &'static str) -> T {
        decode(self.slot(name), |json| codec.read(json))
    }

    /// Keeps the value of an argument for the next checkpoint.
    pub fn save_argument<T>(&mut self, codec: &Codec<T>, name: &'static str, value: &T) {
        let written = checked(name, codec.write(value), |json| codec.read(json));
        self.keep_written(name, written);
    }
}
