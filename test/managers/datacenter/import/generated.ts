// Datacenters of every sort, from the JSON Schema of the file: each option with values that it may have, and some that it may not. What is refused is
// taken out again, so that what is left is what the file takes.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Problem } from '../../../../src/model/problem.ts';
import { exampleDatacenter, read, withDatacenter } from '../example.ts';

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly { readonly if?: JsonSchema; readonly then?: JsonSchema }[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

const PATH = new URL('../../../../etc/schemas/phoenix_datacenter_config.schema.json', import.meta.url);
const SCHEMA: JsonSchema = JSON.parse(readFileSync(PATH, 'utf8'));

/** The guests that are on the host. */
export const GUESTS = { 101: 'lxc', 1001: 'vm' } as const;

export const SECRET = 'file:/etc/phoenix/secrets/one';

/** Texts of the example, by the name of their field. */
const USED = new Map<string, Set<string>>();
function gather(value: unknown, key: string): void {
  if (typeof value === 'string') USED.set(key, (USED.get(key) ?? new Set()).add(value));
  else if (Array.isArray(value)) for (const one of value) gather(one, key);
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value)) gather(one, name);
}
gather(exampleDatacenter(), '');

const WORDS = [
  ...[
    'pve',
    'pve2',
    'local',
    'abc',
    'a,b',
    'two words',
    'ü',
    '5',
    '1G',
    'daily',
    '*/15',
    'mon..fri 02:30',
    'tcp',
    '80:90',
  ],
  ...['10.0.0.9', '10.0.0.0/24', 'fd00::1', 'fd00::/64', 'home.example', 'ops@home.example', 'root@pam', 'backup@pve'],
  ...['/srv', 'https://x.example/y', '52:54:00:AA:BB:01', 'vmbr0', 'keep-last=3', 'eyJhIjoiYiJ9', '{{ x }}', 'images'],
];

const OWN_NAMES: Readonly<Record<string, readonly string[]>> = {
  users: ['kim@pve', 'bo@pam', 'lea@directory'],
  tokens: ['kim@pve!ci', 'backup@pve!two'],
  ha_resources: ['ct:101', 'vm:1001'],
  replication: ['101-1', '1001-0'],
  sdn_subnets: ['web/10.10.0.0/24', 'web/fd10::/64'],
};

/** Kinds that need what no lab has, or whose secret is needed to make them, in every case. */
const WITHOUT = /^(\$schema|ceph_pools|downloads|acme_accounts|gotify_targets|sdn_ipams|sdn_dns)$/;

function values(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  const { type, enum: words, anyOf, oneOf, properties, items, minimum = 0, maximum = 100_000 } = schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (words !== undefined) return fc.constantFrom(...words);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => values(one, name)));
  if (oneOf !== undefined && properties === undefined) return fc.oneof(...oneOf.map((one) => values(one, name)));
  const [least, most] = [Math.max(minimum, -5), Math.min(maximum, 100_000)];
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(fc.constantFrom(least, most), fc.integer({ min: least, max: most }));
    case 'number':
      return fc.integer({ min: least * 100, max: most * 100 }).map((hundredths) => hundredths / 100);
    case 'array':
      return fc.array(values(items ?? {}, name), { minLength: 1, maxLength: 3 });
    case 'object':
      return objects(schema);
    default:
      return fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(...(USED.get(name) ?? WORDS)) },
        { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
      );
  }
}

/** One of the types of an object, and one of the options that exclude each other. */
function objects(schema: JsonSchema): fc.Arbitrary<Record<string, unknown>> {
  const { properties, allOf = [], oneOf = [], required = [] } = schema;
  if (properties === undefined) {
    const { additionalProperties: one } = schema;
    return fc.dictionary(fc.constantFrom('room', 'key'), values(typeof one === 'object' ? one : {}, ''), {
      maxKeys: 2,
    });
  }
  if (properties['$secret'] !== undefined) return fc.constant({ $secret: SECRET });
  const types = allOf.length === 0 ? [{}] : allOf;
  const choices = oneOf.length === 0 ? [{}] : oneOf;
  return fc.oneof(
    ...types.flatMap((type) =>
      choices.map((choice) => {
        const said = { ...type.if?.properties, ...choice.properties };
        const needed = [...required, ...(type.then?.required ?? []), ...(choice.required ?? [])];
        const allowed = type.then?.propertyNames?.enum;
        const names = Object.keys(properties).filter((name) => allowed === undefined || allowed.includes(name));
        const fields = Object.fromEntries(
          names.map((name) => [name, values({ ...properties[name], ...said[name] }, name)]),
        );
        return fc.record(fields, { requiredKeys: needed.filter((name) => names.includes(name)) });
      }),
    ),
  );
}

function collection(field: string, schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.properties !== undefined) return objects(schema);
  const { additionalProperties: one } = schema;
  const used = Object.keys(exampleDatacenter()[field] ?? {});
  const names = fc.constantFrom(...used, ...(OWN_NAMES[field] ?? ['abc', 'x-1', 'storage9']));
  return fc.dictionary(names, objects(typeof one === 'object' ? one : {}), { minKeys: 1, maxKeys: 3 });
}

const all = Object.entries(SCHEMA.properties ?? {}).filter(([field]) => !WITHOUT.test(field));

type Datacenter = Record<string, Record<string, unknown>>;

/** Some of the collections, besides the example's entries that others refer to. */
export const datacenters = fc
  .subarray(all, { minLength: 1, maxLength: 6 })
  .chain((fields) => fc.record(Object.fromEntries(fields.map(([field, schema]) => [field, collection(field, schema)]))))
  .map((own): Datacenter => {
    const { pools, groups, realms, users, sdn_zones, sdn_vnets, sdn_fabrics } = exampleDatacenter();
    const { sdn_controllers } = exampleDatacenter();
    const named = { pools, groups, realms, users, sdn_zones, sdn_vnets, sdn_fabrics, sdn_controllers };
    return structuredClone({ ...named, ...own }) as Datacenter;
  });

/** What of it the file takes, with the configuration that it is then. */
export function taken(given: Datacenter) {
  const datacenter = structuredClone(given);
  for (let round = 0; round < 100; round += 1) {
    const { config, problems } = read(withDatacenter(datacenter));
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (config !== null && errors.length === 0) return config;
    for (const error of errors) takeOut(datacenter, error);
  }
  throw new Error(`it is never taken: ${JSON.stringify(datacenter)}`);
}

/** The refused option, else the object. */
function takeOut(datacenter: Datacenter, { path }: Problem): void {
  const [field = '', name = '', option] = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const objects = datacenter[field];
  const object = objects?.[name];
  if (option !== undefined && typeof object === 'object' && object !== null && Object.hasOwn(object, option))
    delete (object as Record<string, unknown>)[option];
  else if (objects !== undefined && Object.hasOwn(objects, name)) delete objects[name];
  else delete datacenter[field];
  if (Object.keys(datacenter[field] ?? {}).length === 0) delete datacenter[field];
}
