//! Is the find luck? Everything that is computed of the winner after the last generation, as results show it.

pub mod document;
