//! `multipart/form-data` (RFC 7578), read into the same fields as JSON.

use bytes::Bytes;
use multer::Multipart;
use serde_json::Value;

use crate::http::Failure;
use crate::http::form::{Form, Upload};

/// More parts than any endpoint has fields.
const MOST_PARTS: usize = 32;

/// Reads a form. A part with a file name is a file, any other is text; a name that comes twice,
/// too many parts or a form that ends early is a malformed body.
pub(super) async fn read(content_type: &str, body: &[u8]) -> Result<Form, Failure> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| malformed())?;
    let whole = Bytes::copy_from_slice(body);
    let stream = futures::stream::once(async move { Ok::<_, std::io::Error>(whole) });
    let mut parts = Multipart::new(stream, boundary);
    let mut form = Form::default();
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        count += 1;
        let name = part.name().unwrap_or_default().to_owned();
        if count > MOST_PARTS || name.is_empty() {
            return Err(malformed());
        }
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        let came_before = if is_file {
            let upload = Upload {
                bytes: bytes.to_vec(),
            };
            form.files.insert(name, upload).is_some()
        } else {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| malformed())?;
            form.fields.insert(name, Value::String(text)).is_some()
        };
        if came_before {
            return Err(malformed());
        }
    }
    Ok(form)
}

fn malformed() -> Failure {
    Failure::bad(
        "malformed_body",
        "The body is not a well-formed multipart form",
    )
}
