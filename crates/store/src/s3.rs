//! S3-compatible buckets.

use crate::Result;
use object_store::ObjectStore;
use std::sync::Arc;

pub(crate) fn bucket(name: &str) -> Result<Arc<dyn ObjectStore>> {
    Err(crate::StoreError::Address(format!("s3://{name}")))
}
