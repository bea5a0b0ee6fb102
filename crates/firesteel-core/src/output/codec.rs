//! Which compression a name means, and the encoder for it.
//!
//! Invariant: a file is whole only after [`Encoder::finish`].

use super::OutputError;
use crate::text::Codec;
use bzip2::write::BzEncoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::fs::File;
use std::io::{self, Write};

/// The package of the class names that programs for the reference use.
const HADOOP_PACKAGE: &str = "org.apache.hadoop.io.compress.";

/// Understands Hadoop's class names and the short names `gzip`, `bzip2`, `zstd` and `deflate`.
pub fn codec_by_name(name: &str) -> Result<Codec, OutputError> {
    match name.strip_prefix(HADOOP_PACKAGE) {
        Some("GzipCodec") => Ok(Codec::Gzip),
        Some("BZip2Codec") => Ok(Codec::Bzip2),
        Some("ZStandardCodec") => Ok(Codec::Zstd),
        Some("DefaultCodec" | "DeflateCodec") => Ok(Codec::Deflate),
        Some(_) => Err(OutputError::UnknownCodec { name: name.to_owned() }),
        None => short_name(name),
    }
}

fn short_name(name: &str) -> Result<Codec, OutputError> {
    match name {
        "gzip" => Ok(Codec::Gzip),
        "bzip2" => Ok(Codec::Bzip2),
        "zstd" => Ok(Codec::Zstd),
        "deflate" => Ok(Codec::Deflate),
        _ => Err(OutputError::UnknownCodec { name: name.to_owned() }),
    }
}

/// A file that is compressed while it is written.
pub(super) enum Encoder {
    Plain(File),
    Gzip(GzEncoder<File>),
    Bzip2(BzEncoder<File>),
    Zstd(zstd::Encoder<'static, File>),
    Deflate(ZlibEncoder<File>),
}

impl Encoder {
    pub fn new(file: File, codec: Option<Codec>) -> io::Result<Self> {
        Ok(match codec {
            None => Self::Plain(file),
            Some(Codec::Gzip) => Self::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Some(Codec::Bzip2) => Self::Bzip2(BzEncoder::new(file, bzip2::Compression::best())),
            Some(Codec::Zstd) => {
                Self::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
            Some(Codec::Deflate) => {
                Self::Deflate(ZlibEncoder::new(file, flate2::Compression::default()))
            }
        })
    }

    /// Writes what the format has at its end.
    pub fn finish(self) -> io::Result<File> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Deflate(encoder) => encoder.finish(),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder,
            Self::Bzip2(encoder) => encoder,
            Self::Zstd(encoder) => encoder,
            Self::Deflate(encoder) => encoder,
        }
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_and_short_names_mean_the_same() {
        for (class, short, codec) in [
            ("GzipCodec", "gzip", Codec::Gzip),
            ("BZip2Codec", "bzip2", Codec::Bzip2),
            ("ZStandardCodec", "zstd", Codec::Zstd),
            ("DefaultCodec", "deflate", Codec::Deflate),
        ] {
            assert_eq!(codec_by_name(&format!("{HADOOP_PACKAGE}{class}")).unwrap(), codec);
            assert_eq!(codec_by_name(short).unwrap(), codec);
        }
    }

    #[test]
    fn an_unknown_codec_is_one_clear_line() {
        let message =
            codec_by_name("org.apache.hadoop.io.compress.SnappyCodec").unwrap_err().to_string();
        assert_eq!(
            message,
            "Unknown compression codec org.apache.hadoop.io.compress.SnappyCodec: gzip, bzip2, zstd and deflate are supported"
        );
        assert!(codec_by_name("GzipCodec").is_err());
    }
}
