//! What is built, seen as the API server sees it.
