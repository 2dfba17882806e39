//! What can go wrong while a run is drawn and written down.

use std::path::PathBuf;

use history::HistoryError;
use thiserror::Error;

/// A report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The manifest could not be read, or a file of the report could not be written.
    #[error(transparent)]
    Folder(#[from] HistoryError),
    /// The folder for the charts could not be made.
    #[error("could not make {path}: {source}")]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A chart could not be drawn.
    #[error("could not draw the chart {chart}: {cause}")]
    Draw {
        /// The chart's name.
        chart: &'static str,
        /// What plotters said.
        cause: String,
    },
    /// A chart could not be made a PNG.
    #[error("could not encode the chart {chart} as PNG: {source}")]
    Encode {
        /// The chart's name.
        chart: &'static str,
        /// The cause.
        source: png::EncodingError,
    },
    /// The JUnit report could not be put in XML.
    #[error("could not write junit.xml: {source}")]
    Junit {
        /// The cause.
        source: std::io::Error,
    },
    /// The operations could not be exported.
    #[error("could not write {path}: {source}")]
    Export {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}
