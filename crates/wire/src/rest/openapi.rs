//! The API's description (OpenAPI 3.1), from the table of endpoints and the
//! types' own schemas. Checked in as `docs/openapi.json`, and a test holds it
//! in step.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{ENDPOINTS, Endpoint, Permission};
use crate::problem::Problem;

/// The whole document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let operation = operation(endpoint, &mut generator);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_lowercase()] = operation;
    }
    let problem = generator.subschema_for::<Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Portolan: the administrators' API",
            "version": "1",
            "description": "Served by the SMS provider over HTTPS. Times are Unix milliseconds.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "Problem": {
                "description": "What went wrong, and what to do next",
                "content": { "application/json": { "schema": problem } },
            } },
            "schemas": generator.take_definitions(true),
        },
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = variables(endpoint.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    for (name, what) in query(endpoint) {
        parameters.push(json!({
            "name": name, "in": "query", "description": what,
            "schema": { "type": "integer", "minimum": 0 },
        }));
    }
    let mut operation = json!({
        "summary": endpoint.summary,
        "x-permission": match endpoint.permission {
            Permission::Read => "read",
            Permission::Change => "change",
        },
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done", "content": content(endpoint.answer, generator) },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if !endpoint.body.is_empty() {
        operation["requestBody"] =
            json!({ "required": true, "content": content(endpoint.body, generator) });
    }
    operation
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn query(endpoint: &Endpoint) -> &'static [(&'static str, &'static str)] {
    match (endpoint.method, endpoint.path) {
        ("PUT", "/api/v1/content/{digest}") => {
            &[("offset", "Where these bytes begin"), ("size", "Bytes of the whole content")]
        }
        ("GET", "/api/v1/deployments/{app}") => {
            &[("after", "Answer when the version is greater, or after 25 s")]
        }
        _ => &[],
    }
}

fn content(name: &str, generator: &mut SchemaGenerator) -> Value {
    if name == "bytes" {
        return json!({ "application/octet-stream": {} });
    }
    let schema = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(item) => json!({ "type": "array", "items": schema(item, generator) }),
        None => schema(name, generator),
    };
    json!({ "application/json": { "schema": schema } })
}

/// The schema of a body by the name that the table uses for it.
fn schema(name: &str, generator: &mut SchemaGenerator) -> Value {
    macro_rules! named {
        ($($body:ident),*) => {
            match name {
                $(stringify!($body) => generator.subschema_for::<super::$body>().to_value(),)*
                _ => json!({ "type": "object" }),
            }
        };
    }
    named!(
        Status,
        Device,
        DeviceDetails,
        Block,
        NewToken,
        Token,
        NewAgentPackage,
        AgentPackage,
        Host,
        NewInvitation,
        HostInvitation,
        PackageMirror,
        NewApp,
        App,
        ContentState,
        Content,
        NewCollection,
        Collection,
        NewDeployment,
        Deployment,
        DeploymentProgress
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_body_has_a_schema() {
        let document = document();
        for endpoint in ENDPOINTS {
            for name in [endpoint.body, endpoint.answer] {
                let name = name.trim_matches(['[', ']']);
                let found = document["components"]["schemas"].get(name).is_some();
                assert!(found || matches!(name, "" | "bytes" | "object"), "{name} has no schema");
            }
        }
    }
}
