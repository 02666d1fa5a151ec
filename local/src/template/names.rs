//! Physical names and ARNs, in the shapes that AWS gives them, so that policies match.

use super::{ACCOUNT, REGION, STACK_NAME};

pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const HTTP_API: &str = "AWS::Serverless::HttpApi";
pub(super) const SOCKET_API: &str = "AWS::Serverless::WebSocketApi";
pub(super) const TABLE: &str = "AWS::DynamoDB::Table";
pub(super) const BUCKET: &str = "AWS::S3::Bucket";
pub(super) const QUEUE: &str = "AWS::SQS::Queue";
pub(super) const SECRET: &str = "AWS::SecretsManager::Secret";
pub(super) const TOPIC: &str = "AWS::SNS::Topic";
pub(super) const ROLE: &str = "AWS::IAM::Role";

/// Streams are named after when they were enabled; one moment serves all here.
const STREAM_LABEL: &str = "2026-01-01T00:00:00.000";

/// Secrets Manager ends every ARN with six characters of its own.
const SECRET_SUFFIX: &str = "local0";

/// The property by which a template may name a resource of that type itself.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    match kind {
        FUNCTION => Some("FunctionName"),
        TABLE => Some("TableName"),
        BUCKET => Some("BucketName"),
        QUEUE => Some("QueueName"),
        SECRET => Some("Name"),
        TOPIC => Some("TopicName"),
        ROLE => Some("RoleName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        _ => None,
    }
}

/// A resource and its physical name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) logical_id: String,
    pub(super) kind: String,
    pub(super) name: String,
}

impl Named {
    pub(super) fn new(logical_id: &str, kind: &str, own_name: Option<String>) -> Self {
        let name = own_name.unwrap_or_else(|| generated_name(logical_id, kind));
        Self {
            logical_id: logical_id.to_owned(),
            kind: kind.to_owned(),
            name,
        }
    }

    /// What `Ref` gives.
    pub(super) fn reference(&self) -> String {
        match self.kind.as_str() {
            QUEUE => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", self.name),
            SECRET | TOPIC => self.arn(),
            _ => self.name.clone(),
        }
    }

    /// What `Fn::GetAtt` gives.
    pub(super) fn attribute(&self, attribute: &str) -> Result<String, String> {
        let name = &self.name;
        match (self.kind.as_str(), attribute) {
            (_, "Arn") | (TOPIC, "TopicArn") | (SECRET, "Id") => Ok(self.arn()),
            (TABLE, "StreamArn") => Ok(stream_arn(name)),
            (QUEUE, "QueueUrl") => Ok(self.reference()),
            (QUEUE, "QueueName") | (TOPIC, "TopicName") | (HTTP_API | SOCKET_API, "ApiId") => {
                Ok(name.clone())
            }
            (HTTP_API, "ApiEndpoint") => {
                Ok(format!("https://{name}.execute-api.{REGION}.amazonaws.com"))
            }
            (SOCKET_API, "ApiEndpoint") => {
                Ok(format!("wss://{name}.execute-api.{REGION}.amazonaws.com"))
            }
            (BUCKET, "DomainName" | "RegionalDomainName") => {
                Ok(format!("{name}.s3.{REGION}.amazonaws.com"))
            }
            (TABLE | QUEUE | SECRET | TOPIC | FUNCTION | BUCKET | HTTP_API | SOCKET_API, _) => {
                Err(format!("{} has no attribute {attribute}", self.logical_id))
            }
            _ => Ok(format!("{}.{attribute}", self.logical_id)),
        }
    }

    pub(super) fn arn(&self) -> String {
        let name = &self.name;
        match self.kind.as_str() {
            FUNCTION => format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
            TABLE => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"),
            BUCKET => format!("arn:aws:s3:::{name}"),
            QUEUE => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
            TOPIC => format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}"),
            SECRET => secret_arn(name),
            ROLE => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            HTTP_API | SOCKET_API => format!("arn:aws:apigateway:{REGION}::/apis/{name}"),
            kind => {
                let service = kind.split("::").nth(1).unwrap_or("local").to_lowercase();
                format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}")
            }
        }
    }
}

/// ARN of the stream of the table of that name.
pub(crate) fn stream_arn(table_name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table_name}/stream/{STREAM_LABEL}")
}

/// ARN of the secret of that name.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{SECRET_SUFFIX}")
}

fn generated_name(logical_id: &str, kind: &str) -> String {
    match kind {
        BUCKET => format!("{STACK_NAME}-{}", logical_id.to_lowercase()),
        TABLE | QUEUE | SECRET | TOPIC | FUNCTION | ROLE => format!("{STACK_NAME}-{logical_id}"),
        // Ids that API Gateway makes up, and types that nothing here serves.
        _ => logical_id.to_owned(),
    }
}
