"""Where bars come from: files, folders, addresses, frames and samples, all turned into `Rows`."""
