// etc/phoenix_datacenter_config.json: what may be declared of each object, from Proxmox's own parameters.

import { z } from 'zod';
import { becomes } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { propertiesOf, type Schema } from '../../proxmox/table.ts';
import { changeOf, isList, type ObjectRow, optionsOf } from './row.ts';
import { ROWS } from './rows.ts';
import { textsOf } from './values.ts';

const ANY_NAME = {
  pattern: /^[A-Za-z][A-Za-z0-9_.-]{1,39}$/,
  expects: 'a name of 2 to 40 letters, digits and _ . -, and begin with a letter',
};
/** Proxmox takes 512 signs at least; behind it stands whose the object is. */
const MOST_COMMENT = 200;
const MOST_TEXT = 1024;

/** The name of an object below its field. */
function nameSchema(row: ObjectRow) {
  const { pattern, expects } = row.name ?? ANY_NAME;
  const expected = `must be ${expects}`;
  return becomes(
    [{ verb: `pvesh create ${row.paths.create}`, option: row.id }],
    row.name === undefined ? 'must be a name that Proxmox takes: letters, digits, _ and -' : expected,
    text.name(pattern, expected),
  );
}

function objectSchema(row: ObjectRow) {
  const fields = [...optionsOf(row)].map(([option, schema]): [string, z.ZodType] => {
    const field = option === 'comment' ? text.line(MOST_COMMENT) : checked(row, option, schema);
    const described = field.describe(`${PURPOSES[option] ?? `Proxmox's option ${option}`}.`);
    return [option, row.required.includes(option) ? described : described.optional()];
  });
  if (row.part !== undefined) {
    fields.push([row.part.field, row.part.schema.describe(row.part.describes).optional()]);
  }
  return z.strictObject(Object.fromEntries(fields)).superRefine((object, { addIssue }) => {
    for (const { option, message } of faultsOf(row, object as JsonObject)) {
      addIssue({ code: 'custom', path: option === null ? [] : [option], message });
    }
  });
}

/** A value that no call of Proxmox refuses, in Proxmox's words where one does. */
function checked(row: ObjectRow, option: string, schema: Schema): z.ZodType {
  // Each of its texts is a word of its own, which Proxmox takes as it is.
  if (schema.type === 'array') return shapeOf(schema);
  const { verb, path } = changeOf(row);
  const places = [{ verb: `pvesh ${verb} ${path}`, option, write: (given: never) => textsOf(schema, given as Json) }];
  return becomes(places, (refused) => `must be what Proxmox takes for ${option}: ${refused}`, shapeOf(schema));
}

function shapeOf(schema: Schema): z.ZodType {
  const { type, minimum, maximum, format, items } = schema;
  if (schema.enum !== undefined) return z.enum(schema.enum as [string, ...string[]]);
  if (type === 'boolean') return z.boolean();
  if (type === 'integer' || type === 'number') {
    return z
      .int()
      .min(minimum ?? Number.MIN_SAFE_INTEGER)
      .max(maximum ?? Number.MAX_SAFE_INTEGER);
  }
  if (type === 'array') return z.array(shapeOf(items ?? { type: 'string' })).min(1);
  if (isList(schema)) return z.array(format === 'pve-vmid-list' ? value.guestId : text.word).min(1);
  const properties = format === undefined ? undefined : propertiesOf(format);
  if (properties === undefined) return text.line(schema.maxLength ?? MOST_TEXT).min(1);
  const keys = Object.entries(properties).filter(([, one]) => one.alias === undefined);
  return z.strictObject(
    Object.fromEntries(
      keys.map(([key, one]) => [key, shapeOf(one).describe(`Property ${key} of this option of Proxmox.`).optional()]),
    ),
  );
}

interface Fault {
  readonly option: string | null;
  readonly message: string;
}

/** What only shows beside other options of the same object. */
function faultsOf(row: ObjectRow, object: JsonObject): Fault[] {
  const given = (option: string): boolean => object[option] !== undefined && object[option] !== false;
  const chosen = row.oneOf.filter(given);
  const choice = row.oneOf.join(', ');
  return [
    ...(row.oneOf.length > 0 && chosen.length === 0 ? [{ option: null, message: `must have one of ${choice}` }] : []),
    ...chosen.slice(1).map((option) => ({ option, message: `must not stand beside ${chosen[0]}: one of ${choice}` })),
    ...(given('exclude') && given('vmid')
      ? [{ option: 'exclude', message: 'must not stand beside vmid, which names the guests already' }]
      : []),
    ...[...optionsOf(row)].flatMap(([option, { requires }]) =>
      requires !== undefined && given(option) && !given(requires)
        ? [{ option, message: `must not stand without ${requires}` }]
        : [],
    ),
  ];
}

/** What the options mean that most objects have; the others are told in Proxmox's manual. */
const PURPOSES: Readonly<Record<string, string>> = {
  all: 'Every guest of the datacenter, but for those in exclude',
  cidr: 'An address, or a network such as 10.0.0.0/24',
  comment: 'For people. Whose the object is stands behind it',
  enabled: 'Whether it is carried out. Default: as Proxmox has it, true',
  exclude: 'Guests that are left out',
  mode: 'How a running guest is backed up. Default: snapshot',
  pool: 'The guests of this pool',
  schedule: 'When it runs, as a calendar event of Proxmox: "02:30", "sat 05:00", "mon..fri 22:00"',
  storage: 'The storage, or the storages, by the ids that Proxmox knows',
  vmid: 'Guests by their numbers',
  vms: 'Guests by their numbers',
};

/** The whole file. */
export const datacenterFile = z
  .strictObject({
    $schema: value.schemaLink,
    ...Object.fromEntries(
      ROWS.map((row) => [row.field, z.record(nameSchema(row), objectSchema(row)).describe(row.describes).optional()]),
    ),
  })
  .describe('Objects of the datacenter that Phoenix keeps.');
