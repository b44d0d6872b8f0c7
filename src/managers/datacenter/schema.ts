// The schema of etc/phoenix_datacenter_config.json: what may be declared of each object, from Proxmox's own parameters.

import { z } from 'zod';
import { becomes } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { privileges } from '../../proxmox/access.ts';
import { textProblem } from '../../proxmox/parameters/schema.ts';
import { methodSchemas, propertiesOf, type Schema } from '../../proxmox/parameters/table.ts';
import { datacenterRules } from './firewall/rule-lists.ts';
import { purposeOf } from './options/purposes.ts';
import { isList, markOf, optionsOf, typeOptionOf } from './options/row-options.ts';
import { formOf, TEXT_FORMS } from './options/text-forms.ts';
import { textsOf } from './options/values.ts';
import type { ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{1,39}$/;
const EXPECT_NAME = 'must be a name of 2 to 40 letters, digits and _ . -, and begin with a letter';
/** In characters. Proxmox accepts at least 512; the owner mark is appended. */
const MAX_COMMENT_LENGTH = 200;
const MAX_TEXT = 1024;

/** The name of an object below its field. */
function nameSchema(row: ObjectRow) {
  const { pattern = NAME, expected = EXPECT_NAME } = row.nameFormat ?? {};
  const named = text.name(pattern, expected);
  if (row.id === null) return named;
  const places = [{ verb: `pvesh create ${row.paths.create}`, option: row.id }];
  return becomes(
    places,
    (refused) =>
      row.reserved === undefined
        ? (row.nameFormat?.expected ?? 'must be a name that Proxmox takes: letters, digits, _ and -')
        : `must be a name that Proxmox takes: ${refused}`,
    named,
  );
}

/** Whether the file takes an object of this name. */
export function isName(row: ObjectRow, name: string): boolean {
  return row.single === name || nameSchema(row).safeParse(name).success;
}

const secretName = text.name(/^[A-Za-z_][A-Za-z0-9_-]{0,31}$/, 'must be a name of letters, digits, _ and -');

function objectSchema(row: ObjectRow) {
  const fields = [...optionsOf(row)].map(([option, schema]): [string, z.ZodType] => {
    const types = option === typeOptionOf(row) && row.types !== undefined ? Object.keys(row.types) : null;
    if (types !== null) return [option, z.enum(types as [string, ...string[]]).describe(`${purposeOf(row, option)}.`)];
    const isProse = row.prose?.includes(option) === true;
    const field =
      option === markOf(row) ? text.line(MAX_COMMENT_LENGTH) : isProse ? text.prose : checked(row, option, schema);
    const described = field.describe(`${purposeOf(row, option)}.`);
    return [option, row.required.includes(option) ? described : described.optional()];
  });
  const secrets = Object.entries(row.secrets ?? {}).map(([option, { describes, multiple }]): [string, z.ZodType] => {
    const one = value.secretReference.describe(`${describes}.`).meta({ secret: true });
    return [
      option,
      (multiple === true ? z.record(secretName, one).describe(`${describes}, by name.`) : one).optional(),
    ];
  });
  const part: [string, z.ZodType][] =
    row.part === undefined ? [] : [[row.part.field, row.part.schema.describe(row.part.describes).optional()]];
  return z
    .strictObject(Object.fromEntries([...fields, ...part, ...secrets]))
    .superRefine((object, { addIssue }) => {
      for (const { option, message } of faultsOf(row, object as JsonObject)) {
        addIssue({ code: 'custom', path: option === null ? [] : [option], message });
      }
    })
    .meta(inEditors(row));
}

/** Constraints between options of one object, in JSON Schema. */
function inEditors(row: ObjectRow): Record<string, unknown> {
  const is = (option: string, value: unknown, description: string) => ({
    required: [option],
    properties: { [option]: { const: value, description } },
  });
  const byType = Object.entries(row.types ?? {}).map(([type, { required, optional }]) => ({
    if: is(typeOptionOf(row), type, `A ${row.label} of type ${type}.`),
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: {
      required,
      propertyNames: { enum: [typeOptionOf(row), ...required, ...optional, ...Object.keys(row.secrets ?? {})] },
    },
  }));
  const choices = row.oneOf.map((option) =>
    optionsOf(row).get(option)?.type === 'boolean' ? is(option, true, 'Chosen.') : { required: [option] },
  );
  return {
    ...(byType.length === 0 ? {} : { allOf: byType }),
    ...(choices.length === 0 ? {} : { oneOf: choices }),
  };
}

/** A value that no call of Proxmox refuses; the message is Proxmox's own. */
function checked(row: ObjectRow, option: string, schema: Schema): z.ZodType {
  if (schema.type === 'array') return z.array(entry(row, option, schema.items ?? { type: 'string' })).min(1);
  const places = [{ verb: verbOf(row, option), option, write: (given: never) => textsOf(schema, given as Json) }];
  const shape = formed(row, option, shapeOf({ ...BOUNDS[`${row.kind}.${option}`], ...schema }));
  return becomes(places, (refused) => `must be what Proxmox takes for ${option}: ${refused}`, shape);
}

/** Bounds that Proxmox's table lacks and its code has: the port of a mail server has 16 bits (proxmox-notify, endpoints/smtp.rs). */
const BOUNDS: Readonly<Record<string, Schema>> = { 'smtp.port': { minimum: 1, maximum: 65_535 } };

function formed(row: ObjectRow, option: string, shape: z.ZodType): z.ZodType {
  const form = formOf(row.kind, option);
  if (form === undefined || !(shape instanceof z.ZodString)) return shape;
  const { pattern, expected } = TEXT_FORMS[form];
  return text.ofTextKind('line', shape.regex(new RegExp(`^(?:${pattern})$`), `must be ${expected}`));
}

/** One value of an option that may be given several times. */
function entry(row: ObjectRow, option: string, items: Schema): z.ZodType {
  return formed(row, option, shapeOf(items)).superRefine((value, { addIssue }) => {
    const [written = ''] = textsOf(items, value as Json);
    const problem = textProblem(written, items, option);
    if (problem === undefined) return;
    addIssue({ code: 'custom', message: `must be what Proxmox takes for ${option}: ${problem.trimEnd()}` });
  });
}

/** The call that accepts an option; a fixed option is only accepted by the create call. */
function verbOf({ paths, rename }: ObjectRow, option: string): string {
  const isChanged = rename === undefined && methodSchemas(`PUT ${paths.change}`)?.has(option) === true;
  if (isChanged) return `pvesh set ${paths.change}`;
  const isMade = paths.createOtherwise === undefined || methodSchemas(`POST ${paths.create}`)?.has(option) === true;
  return `pvesh create ${isMade ? paths.create : paths.createOtherwise}`;
}

/** A device that no IOMMU has in a group (pve-common, PVE/SysFSTools.pm). */
const PROPERTY_BOUNDS: Readonly<Record<string, Schema>> = { iommugroup: { minimum: -1 } };

/** Numbers without a lower bound in Proxmox's table are counts and sizes: a negative one has no meaning. */
function shapeOf(schema: Schema): z.ZodType {
  const { type, minimum, maximum, format, items } = schema;
  if (schema.enum !== undefined) return z.enum(schema.enum as [string, ...string[]]);
  if (type === 'boolean') return z.boolean();
  if (type === 'integer' || type === 'number') {
    const [least, most] = [minimum ?? 0, maximum ?? Number.MAX_SAFE_INTEGER];
    return type === 'integer' ? z.int().min(least).max(most) : z.number().multipleOf(0.01).min(least).max(most);
  }
  if (type === 'array') return z.array(shapeOf(items ?? { type: 'string' })).min(1);
  if (isList(schema)) return z.array(wordShape(format ?? '')).min(1);
  const properties = format === undefined ? undefined : propertiesOf(format);
  if (properties === undefined) return text.line(schema.maxLength ?? MAX_TEXT).min(1);
  const keys = Object.entries(properties).filter(([, one]) => one.alias === undefined);
  return z
    .strictObject(
      Object.fromEntries(
        keys.map(([key, one]) => [
          key,
          shapeOf({ ...PROPERTY_BOUNDS[key], ...one })
            .describe(`Property ${key} of this option of Proxmox.`)
            .optional(),
        ]),
      ),
    )
    .refine((object) => Object.keys(object).length > 0, 'must have a property; leave it out where none is meant')
    .meta({ minProperties: 1 });
}

/** One element of a list. */
function wordShape(format: string): z.ZodType {
  if (format === 'pve-vmid-list') return value.guestId;
  if (format === 'pve-dir-override-list')
    return text.name(
      /^[a-z]+=[^\s,;]{1,1022}$/,
      'must be a content and its folder without spaces, such as iso=images/iso',
    );
  return format === 'pve-priv-list' ? z.enum(privileges as [string, ...string[]]) : text.word;
}

interface Fault {
  readonly option: string | null;
  readonly message: string;
}

/** Faults that depend on several options of one object together. */
function faultsOf(row: ObjectRow, object: JsonObject): Fault[] {
  const given = (option: string): boolean => object[option] !== undefined && object[option] !== false;
  const chosen = row.oneOf.filter(given);
  const choice = row.oneOf.join(', ');
  return [
    ...(row.oneOf.length > 0 && chosen.length === 0 ? [{ option: null, message: `must have one of ${choice}` }] : []),
    ...chosen.slice(1).map((option) => ({ option, message: `must not stand beside ${chosen[0]}: one of ${choice}` })),
    // Proxmox refuses it beside vmid, and forgets it beside pool at the next change (pve-manager, PVE/API2/Backup.pm).
    ...['vmid', 'pool'].flatMap((other) =>
      given('exclude') && given(other)
        ? [{ option: 'exclude', message: `must not stand beside ${other}, which names the guests already` }]
        : [],
    ),
    ...[...optionsOf(row)].flatMap(([option, { requires }]) =>
      // Proxmox asks whether it is there, also for a switch that is off.
      requires !== undefined && object[option] !== undefined && object[requires] === undefined
        ? [{ option, message: `must not stand without ${requires}` }]
        : [],
    ),
    ...typeFaults(row, object),
  ];
}

/** Options that belong to another type, and required options of this type that are missing. */
function typeFaults(row: ObjectRow, object: JsonObject): Fault[] {
  const type = String(object[typeOptionOf(row)]);
  const { required, optional } = row.types?.[type] ?? {};
  if (required === undefined || optional === undefined) return [];
  const own = [typeOptionOf(row), ...required, ...optional, ...Object.keys(row.secrets ?? {})];
  return [
    ...required.flatMap((option) =>
      object[option] === undefined
        ? [{ option: null, message: `must have ${option}, as every ${row.label} of type ${type}` }]
        : [],
    ),
    ...Object.keys(object).flatMap((option) =>
      own.includes(option) ? [] : [{ option, message: `must not stand at a ${row.label} of type ${type}` }],
    ),
  ];
}

function objectsSchema(row: ObjectRow): z.ZodType {
  const { single } = row;
  if (single !== undefined)
    return objectSchema(row).superRefine((object, { addIssue }) => {
      for (const { option, message } of ownFaults(row, single, object as JsonObject))
        addIssue({ code: 'custom', path: [option], message });
    });
  return z.record(nameSchema(row), objectSchema(row)).superRefine((objects, { addIssue }) => {
    for (const [name, object] of Object.entries(objects)) {
      const reserved = row.reserved?.(name) ?? null;
      if (reserved !== null) addIssue({ code: 'custom', path: [name], message: `must not be declared: ${reserved}` });
      for (const { option, message } of ownFaults(row, name, object as JsonObject)) {
        addIssue({ code: 'custom', path: [name, option], message });
      }
    }
  });
}

function ownFaults(row: ObjectRow, name: string, object: JsonObject) {
  const secrets = Object.entries(row.secrets ?? {}).flatMap(([option, { refuses }]) => {
    const refusal = object[option] === undefined ? null : refuses(name, object);
    return refusal === null ? [] : [{ option, message: refusal }];
  });
  return [...secrets, ...(row.faults?.(name, object) ?? [])];
}

/** The field with the rules of the datacenter's own firewall: no object, but a list. */
export const RULES_FIELD = 'firewall_rules';

let made: z.ZodType | undefined;

/** The whole file. Made when it is first asked for: it is larger than all other schemas, and many configurations have no such file. */
export function datacenterFile(): z.ZodType {
  made ??= z
    .strictObject({
      $schema: value.schemaLink,
      ...Object.fromEntries(ROWS.map((row) => [row.field, objectsSchema(row).describe(row.describes).optional()])),
      [RULES_FIELD]: datacenterRules.optional(),
    })
    .describe('Objects of the datacenter that Phoenix keeps.');
  return made;
}
