//! Random sagas. Each is compiled twice from one text, as a plain async function and as a saga, and
//! both must do the same, whatever await point the saga is killed at.

pub mod generate;
pub mod options;
pub mod project;
pub mod refused;
pub mod run;
pub mod table;
