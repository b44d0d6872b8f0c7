// Validates responses against GitHub's own API description (`github-api.json`, extracted by scripts/github-api.mjs).

import { Ajv } from 'ajv';
import description from './github-api.json' with { type: 'json' };

type Operations = Readonly<Record<string, Readonly<Record<string, object | null>>>>;

export const OPERATIONS = Object.keys(description.operations);

const operations: Operations = description.operations;
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: {
    int64: true,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
    uri: (text: string) => URL.canParse(text) && !/[{}]/.test(text),
    email: true,
    'uri-template': true,
  },
}).addSchema(description, 'github');

/** Operations whose good answers were looked at so far. */
export const seen = new Set<string>();

/** Faults of the response; empty if GitHub could have sent it, or does not describe the operation. */
export function problemsOf(method: string, path: string, status: number, body: unknown): string {
  const name = OPERATIONS.find((operation) => matches(operation, method, path));
  if (name === undefined) return '';
  if (status < 300) seen.add(name);
  const schema = operations[name]?.[status];
  // Every operation can be refused for lack of permission, which few descriptions mention.
  if (schema === undefined) return [400, 401, 403, 404, 422].includes(status) ? '' : `no answer ${status} is described`;
  if (schema === null) return '';
  const pointer = `${encodeURIComponent(name.replaceAll('/', '~1'))}/${status}`;
  const validate = ajv.getSchema(`github#/operations/${pointer}`);
  if (validate === undefined) throw new Error(`no schema ${pointer}`);
  return validate(body) === true ? '' : ajv.errorsText(validate.errors);
}

/** Faults of the request body; empty if it matches GitHub's description. */
export function requestProblems(operation: keyof typeof description.requests, body: unknown): string {
  const validate = ajv.getSchema(`github#/requests/${encodeURIComponent(operation.replaceAll('/', '~1'))}`);
  if (validate === undefined) throw new Error(`no request ${operation}`);
  return validate(body) === true ? '' : ajv.errorsText(validate.errors);
}

function matches(operation: string, method: string, path: string): boolean {
  const [verb, template = ''] = operation.split(' ');
  const pattern = template.replaceAll(/\{\w+\}/g, '[^/]+');
  return verb === method && new RegExp(`^${pattern}$`).test(path.split('?')[0] ?? '');
}
