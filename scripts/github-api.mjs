// Extracts from GitHub's own description of its REST API the schemas of requests and responses that the lab forge must satisfy: node
// scripts/github-api.mjs FOLDER, the folder of an unpacked @octokit/openapi (from `npm pack`; it is too big for a dependency).

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const OUT = fileURLToPath(new URL('../lab/test/forge/github-api.json', import.meta.url));

const REPO = '/repos/{owner}/{repo}';
const OPERATIONS = [
  `GET ${REPO}`,
  `POST ${REPO}/statuses/{sha}`,
  `GET ${REPO}/commits/{ref}/statuses`,
  `GET ${REPO}/commits/{ref}/status`,
  `GET ${REPO}/pulls`,
  `POST ${REPO}/pulls`,
  `GET ${REPO}/pulls/{pull_number}`,
  `PATCH ${REPO}/pulls/{pull_number}`,
  `PUT ${REPO}/pulls/{pull_number}/merge`,
  `GET ${REPO}/pulls/{pull_number}/commits`,
  `GET ${REPO}/pulls/{pull_number}/reviews`,
  `GET ${REPO}/commits/{commit_sha}/pulls`,
  `GET ${REPO}/activity`,
  `GET ${REPO}/git/matching-refs/{ref}`,
  `GET ${REPO}/issues/{issue_number}/comments`,
  `POST ${REPO}/issues/{issue_number}/comments`,
  `GET ${REPO}/issues/comments/{comment_id}`,
  `PATCH ${REPO}/issues/comments/{comment_id}`,
  `GET ${REPO}/collaborators/{username}/permission`,
  `POST ${REPO}/check-runs`,
  `GET ${REPO}/check-runs/{check_run_id}`,
  `PATCH ${REPO}/check-runs/{check_run_id}`,
  `GET ${REPO}/check-runs/{check_run_id}/annotations`,
  `GET ${REPO}/commits/{ref}/check-runs`,
  `GET ${REPO}/installation`,
  `GET ${REPO}/hooks`,
  `GET ${REPO}/hooks/{hook_id}/deliveries`,
  `GET ${REPO}/hooks/{hook_id}/deliveries/{delivery_id}`,
  `POST ${REPO}/hooks/{hook_id}/deliveries/{delivery_id}/attempts`,
  'GET /user',
  'GET /app',
  'GET /app/installations',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /app/hook/config',
  'GET /app/hook/deliveries',
  'GET /app/hook/deliveries/{delivery_id}',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'POST /app-manifests/{code}/conversions',
];

/** Corrections of mistakes in the description: an account cannot be a user and an enterprise at once. */
const BETTER = {
  'GET /app/installations': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
};
/** Keywords about a value that do not contain schemas. */
const PLAIN = ['type', 'required', 'enum', 'format', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'];

const description = JSON.parse(readFileSync(join(argv[2] ?? '.', 'generated/api.github.com.json'), 'utf8'));
const definitions = {};
const operations = Object.fromEntries(OPERATIONS.map((name) => [name, answersOf(name)]));
const requests = Object.fromEntries(OPERATIONS.flatMap((name) => requestOf(name)));
const version = description.info.version;
writeFileSync(OUT, `${JSON.stringify({ version, operations, requests, definitions: sorted(definitions) })}\n`);

/** The response schema of each status code; null where the description has none. */
function answersOf(name) {
  const [method, path] = name.split(' ');
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`GitHub's description has no ${name}`);
  const answers = Object.entries(operation.responses).map(([status, answer]) => {
    const written = lookUp(answer).content?.['application/json']?.schema;
    const schema = status === '200' ? (BETTER[name] ?? written) : written;
    return [status, schema === undefined ? null : cut(schema)];
  });
  return Object.fromEntries(answers);
}

/** The schema of the request body; undefined without one. */
function requestOf(name) {
  const [method, path] = name.split(' ');
  const schema = description.paths[path][method.toLowerCase()].requestBody?.content['application/json']?.schema;
  return schema === undefined ? [] : [[name, cut(schema)]];
}

function lookUp(value) {
  if (value.$ref === undefined) return value;
  return value.$ref
    .split('/')
    .slice(1)
    .reduce((at, key) => at[key], description);
}

/** A JSON Schema without descriptions and examples. Named schemas become definitions. */
function cut(schema) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1);
    if (definitions[name] === undefined) {
      definitions[name] = {};
      definitions[name] = cut(lookUp(schema));
    }
    return { $ref: `#/definitions/${name}` };
  }
  const result = {};
  for (const key of PLAIN) if (schema[key] !== undefined) result[key] = schema[key];
  if (schema.properties !== undefined) result.properties = eachOf(schema.properties);
  if (schema.items !== undefined) result.items = cut(schema.items);
  if (typeof schema.additionalProperties === 'object') result.additionalProperties = cut(schema.additionalProperties);
  for (const key of ['allOf', 'anyOf', 'oneOf']) if (schema[key] !== undefined) result[key] = schema[key].map(cut);
  return schema.nullable === true ? { anyOf: [{ type: 'null' }, result] } : result;
}

function eachOf(schemas) {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, cut(schema)]));
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
