//! S3-compatible buckets, over a client of our own: one TLS stack with one crypto provider in the whole program.

use crate::Result;
use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as Tcp},
    rt::TokioExecutor,
};
use object_store::{
    ClientOptions, ObjectStore,
    aws::AmazonS3Builder,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use std::{sync::Arc, time::Duration};

/// A bucket, with endpoint, region and keys from the environment. Plain HTTP where the endpoint says so: many a province
/// runs its bucket on a machine beside this one.
pub(crate) fn bucket(name: &str) -> Result<Arc<dyn ObjectStore>> {
    let plain = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|url| url.starts_with("http:"));
    let bucket =
        AmazonS3Builder::from_env().with_bucket_name(name).with_allow_http(plain).with_http_connector(Connector);
    Ok(Arc::new(bucket.build()?))
}

/// Makes clients for `object_store`.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |e: std::io::Error| object_store::Error::Generic { store: "S3", source: Box::new(e) };
        let tls =
            HttpsConnectorBuilder::new().with_native_roots().map_err(failed)?.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(30)).build(tls);
        Ok(HttpClient::new(Caller(client)))
    }
}

#[derive(Debug)]
struct Caller(Client<HttpsConnector<Tcp>, HttpRequestBody>);

/// How long the answer to a request may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

#[async_trait]
impl HttpService for Caller {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let answer = match tokio::time::timeout(PATIENCE, self.0.request(request)).await {
            Err(late) => return Err(HttpError::new(HttpErrorKind::Timeout, late)),
            Ok(Err(e)) if e.is_connect() => return Err(HttpError::new(HttpErrorKind::Connect, e)),
            Ok(Err(e)) => return Err(HttpError::new(HttpErrorKind::Request, e)),
            Ok(Ok(answer)) => answer,
        };
        let (head, body) = answer.into_parts();
        let body = body.map_err(|e| HttpError::new(HttpErrorKind::Interrupted, e));
        Ok(HttpResponse::from_parts(head, HttpResponseBody::new(body)))
    }
}
