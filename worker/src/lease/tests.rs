//! The rules of the book as sentences.
