//! Formats that people have bars in and that are not read: what each is, and what to do instead.

/// What a file that begins with `head` is, as the rest of a sentence.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 16] = [
        (b"\x89HDF", "is HDF5: write it as Parquet, in pandas with to_parquet"),
        (b"DBN", "is Databento's own format: write it as CSV, with pretty prices and times"),
        (b"\xfd7zXZ\0", "is packed with xz: unpack it, or pack it with gzip or zstd"),
        (b"BZh", "is packed with bzip2: unpack it, or pack it with gzip or zstd"),
        (b"7z\xbc\xaf", "is a 7z archive: unpack it, or pack it with gzip or zstd"),
        (b"Rar!", "is a RAR archive: unpack it, or pack it with gzip or zstd"),
        (b"]\0\0", "is packed with LZMA, as Dukascopy's .bi5: export it as CSV"),
        (b"\xd0\xcf\x11\xe0", "is a spreadsheet: save it as CSV"),
        (b"SQLite format 3", "is a database: export the table as CSV"),
        (b"\x80\x04", "is a pickle, which only Python reads: write it as Parquet, in pandas with to_parquet"),
        (b"\x80\x05", "is a pickle, which only Python reads: write it as Parquet, in pandas with to_parquet"),
        (b"\x93NUMPY", "is an array of NumPy: write it as CSV, with numpy.savetxt"),
        (b"ORC", "is ORC: write it as Parquet"),
        (b"Obj\x01", "is Avro: write it as Parquet"),
        (b"%PDF", "is a PDF: export the table as CSV"),
        (
            b"<",
            "is HTML or XML, as the error page of a server: look into it and fetch it again as CSV or JSON",
        ),
    ];
    let text = head.trim_ascii_start().to_ascii_lowercase();
    let markup = ["<!", "<?", "<html", "<head", "<body"].iter().any(|tag| text.starts_with(tag.as_bytes()));
    // Three letters may begin a text too; the formats go on with a number.
    let goes_on = |magic: &[u8]| {
        magic.len() > 3 || head.get(3).is_some_and(|c| !matches!(c, b' '..=b'~' | b'\t' | b'\r' | b'\n'))
    };
    let known = |magic: &[u8]| match magic {
        b"<" => markup,
        b"ORC" | b"DBN" => head.starts_with(magic) && goes_on(magic),
        _ => head.starts_with(magic),
    };
    KINDS.iter().find(|(magic, _)| known(magic)).map(|(_, what)| *what)
}
