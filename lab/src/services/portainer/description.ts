// Validates requests against Portainer's own API description: every parameter and every field of a body must be described. Fields are
// case-insensitive, as in the program.

import { Ajv, type ValidateFunction } from 'ajv';
import api from './api.json' with { type: 'json' };
import { PortainerRefusal } from './refusal.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly schema?: unknown;
}

interface Described {
  readonly parameters: readonly Parameter[];
  readonly consumes?: string;
  /** Needs no authentication. */
  readonly open: boolean;
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface Operation extends Described {
  /** `get /stacks/{id}` */
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
}

const PATHS = api.paths as unknown as Readonly<Record<string, Readonly<Record<string, Described>>>>;
const DEFINITIONS = api.definitions as Readonly<Record<string, unknown>>;

/** Undefined for an unknown path or method. */
export function operationAt(method: string, path: string): Operation | undefined {
  for (const [template, methods] of Object.entries(PATHS)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const found = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    const described = methods[method.toLowerCase()];
    if (found === null || described === undefined) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']));
    return { ...described, name: `${method.toLowerCase()} ${template}`, params };
  }
  return undefined;
}

export interface Asked {
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Fields of the body by lower-case name. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws PortainerRefusal */
export async function readRequest(operation: Operation, { query, headers, type, bytes }: Asked): Promise<Fields> {
  for (const parameter of operation.parameters.filter((each) => each.in === 'query')) {
    const value = query.get(parameter.name);
    if (value === null && parameter.required) refuse(`Invalid query parameter: ${parameter.name}`, 'missing');
    if (value !== null) checkText(parameter, value);
  }
  for (const name of query.keys()) described(operation, 'query', name);
  for (const name of Object.keys(headers)) if (/^x-(?!api-key$)/i.test(name)) described(operation, 'header', name);
  for (const parameter of operation.parameters.filter((each) => each.in === 'path')) {
    checkText(parameter, operation.params[parameter.name] ?? '');
  }
  const body = operation.parameters.find((each) => each.in === 'body');
  if (body !== undefined) return readJson(operation, body, type, bytes);
  if (operation.consumes === 'multipart/form-data') return readForm(operation, type, bytes);
  if (bytes.length > 0) refuse('the request has a body that is not described');
  return {};
}

async function readForm(operation: Operation, type: string, bytes: Buffer): Promise<Fields> {
  // The program's message for a JSON body here.
  if (!type.startsWith('multipart/form-data')) refuse('Invalid request payload', 'invalid environment name');
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  for (const [name, value] of form) {
    const parameter = described(operation, 'formData', name);
    checkText(parameter, String(value));
  }
  for (const { name, required, in: place } of operation.parameters) {
    if (place === 'formData' && required && !form.has(name)) refuse('Invalid request payload', `missing ${name}`);
  }
  return Object.fromEntries([...form].map(([name, value]) => [name.toLowerCase(), String(value)]));
}

const checks = new Map<string, ValidateFunction>();

function readJson(operation: Operation, { schema }: Parameter, type: string, bytes: Buffer): Fields {
  if (!type.startsWith('application/json')) refuse('Invalid request payload', `content type ${type}`);
  let value: unknown;
  try {
    value = lowered(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    refuse('Invalid request payload', String(error));
  }
  const check = checks.get(operation.name) ?? compile(schema, true);
  checks.set(operation.name, check);
  if (!check(value)) {
    const [fault] = check.errors ?? [];
    const extra = (fault?.params as { additionalProperty?: string } | undefined)?.additionalProperty ?? '';
    refuse('Invalid request payload', `${fault?.instancePath} ${fault?.message} ${extra}`.trim());
  }
  return value as Fields;
}

/** How a response violates the description, null for not at all: tests hold this service to it. */
export function faultInAnswer(operation: Operation, status: number, value: unknown): string | null {
  const schema = operation.responses[String(status)];
  if (schema === undefined) return null;
  const check = compile(schema, false);
  return check(value) ? null : JSON.stringify(check.errors);
}

function compile(schema: unknown, isRequest: boolean): ValidateFunction {
  const whole = { ...(schema as object), definitions: DEFINITIONS };
  return new Ajv({ strict: false, logger: false }).compile((isRequest ? strict(whole) : whole) as object);
}

/** The schema with lower-case field names and without additional properties. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === 'properties') {
      return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toLowerCase(), strict(each)]))];
    }
    return [
      key,
      key === 'required' && Array.isArray(value) ? value.map((name) => String(name).toLowerCase()) : strict(value),
    ];
  });
  const closed = 'properties' in schema ? [['additionalProperties', false] as const] : [];
  return Object.fromEntries([...entries, ...closed]);
}

function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), lowered(each)]));
}

function described(operation: Operation, place: string, name: string): Parameter {
  const parameter = operation.parameters.find(
    (each) =>
      each.in === place && (place === 'header' ? each.name.toLowerCase() === name.toLowerCase() : each.name === name),
  );
  return parameter ?? refuse(`${operation.name} has no ${place} parameter ${name}`);
}

const TEXTS: Readonly<Record<string, RegExp>> = { integer: /^\d+$/, boolean: /^(true|false)$/ };

function checkText({ name, type = 'string' }: Parameter, value: string): void {
  if (TEXTS[type]?.test(value) === false) refuse(`Invalid parameter: ${name}`, `${value} is no ${type}`);
}

function refuse(message: string, details?: string): never {
  throw new PortainerRefusal(400, message, details);
}
