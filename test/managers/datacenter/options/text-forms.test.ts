// Texts of objects: what the file takes, the forced command of the agent's key lets through, so that no text is refused half-way through a commit.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { isAddressed, isFixed, optionsOf } from '../../../../src/managers/datacenter/options/row-options.ts';
import { formOf, TEXT_FORMS } from '../../../../src/managers/datacenter/options/text-forms.ts';
import type { ObjectRow } from '../../../../src/managers/datacenter/row.ts';
import { ROWS } from '../../../../src/managers/datacenter/rows.ts';
import { datacenterFile } from '../../../../src/managers/datacenter/schema.ts';
import { shapeFor } from '../../../support/host/phoenix-shell.ts';
import { problemsOf } from '../kinds.ts';

const WORDS = [
  ...['a', 'abc', 'a,b', 'a b', 'ü', 'x=y', '(x=y)', 'dc=a,dc=b', '/srv', '/v1/metrics', 'pve', '5', '1G', '0'],
  ...['10.0.0.9', '10.0.0.0/24', 'fd00::1', 'fd00::/64', 'home.example', 'x@y.example', 'root@pam', 'mon 8:00-17:00'],
  ...['https://x.example/y', 'iqn.2003-01.org.example:disk', 'eyJhIjoiYiJ9', '{{ x }}', 'one/two', 'a;b', 'share$'],
];

/** The key may allow less than the schema: names of places on the host, and values inside of property strings. */
const NARROWER =
  /^(storage\.(path|mountpoint|subdir|export|pool|data-pool|options|zfs-base-path|is_mountpoint|username)|dir\.map)$/;

function fieldsOf(row: ObjectRow): Record<string, z.ZodType> {
  const file = datacenterFile() as z.ZodObject<Record<string, z.ZodOptional<z.ZodType>>>;
  const field = file.shape[row.field]?.unwrap();
  const object = field instanceof z.ZodRecord ? field.valueType : field;
  return (object as z.ZodObject<Record<string, z.ZodType>>).shape;
}

const PLACES: Readonly<Record<string, string>> = { node: 'localhost', sid: 'ct:101', userid: 'ada@pve' };
const filled = (path: string): string => path.replace(/\{(\w+)\}/g, (_, key: string) => PLACES[key] ?? 'abc');

/** The call that sets an option, or that creates the object with it. */
function commandOf(row: ObjectRow, option: string, text: string): string[] {
  const isMade = isFixed(row, option, {});
  if (isMade && row.createCommand !== undefined) return ['pvesm', 'add', 'pbs', 'abc', `--${option}`, text];
  const path = isMade ? row.paths.create : row.paths.change;
  const named = row.id !== null && !isAddressed(row, path) ? [`--${row.id}`, 'abc'] : [];
  const ending = isMade ? (row.createArgs ?? []) : [];
  return ['pvesh', isMade ? 'create' : 'set', filled(path), ...named, `--${option}`, text, ...ending];
}

const single = ROWS.filter(
  ({ part, asWhole, encode, kind }) =>
    [part, asWhole, encode].every((own) => own === undefined) && kind !== 'fabricnode' && kind !== 'subnet',
);

test.each(single.map((row) => [row.kind, row] as const))('of %s', (kind, row) => {
  const fields = fieldsOf(row);
  const stuck = [...optionsOf(row)].flatMap(([option, { type, format, enum: words }]) => {
    const field = fields[option];
    if (type !== 'string' || format !== undefined || words !== undefined || field === undefined) return [];
    // Whether a named object exists is checked by another rule.
    if (row.references[option] !== undefined) return [];
    if (NARROWER.test(`${kind}.${option}`)) return [];
    const taken = WORDS.filter((word) => field.safeParse(word).success);
    return taken
      .filter((word) => shapeFor(commandOf(row, option, word)) === undefined)
      .map((word) => `${option} ${word}`);
  });
  expect(stuck).toEqual([]);
});

test('each form is that of an option', () => {
  const used = ROWS.flatMap((row) => [...optionsOf(row).keys()].flatMap((option) => formOf(row.kind, option) ?? []));
  expect(new Set(used)).toEqual(new Set(Object.keys(TEXT_FORMS)));
});

test.each<[string, object, string]>([
  [
    'a mail server with a protocol',
    {
      smtp_targets: {
        relay: { server: 'smtp://mail.example.org', 'from-address': 'pve@example.org', mailto: ['a@example.org'] },
      },
    },
    'server',
  ],
  [
    'a port below 1',
    {
      smtp_targets: {
        relay: { server: 'mail.example.org', port: -1, 'from-address': 'pve@example.org', mailto: ['a@example.org'] },
      },
    },
    'port',
  ],
  [
    'an address without a protocol',
    { gotify_targets: { phones: { server: 'gotify.example.org', token: { $secret: 'env:PHOENIX_SECRET_ONE' } } } },
    'server',
  ],
  [
    'a domain in place of a distinguished name',
    { realms: { corp: { type: 'ldap', server1: 'ldap.example', base_dn: 'example.org', user_attr: 'uid' } } },
    'base_dn',
  ],
  [
    'attributes that are no base64',
    {
      metric_servers: {
        otel: { type: 'opentelemetry', server: '10.0.0.9', port: 4318, 'otel-resource-attributes': 'service=pve' },
      },
    },
    'otel-resource-attributes',
  ],
  [
    'a share with its server',
    { storages: { films: { type: 'cifs', server: '10.0.0.9', share: '//10.0.0.9/films' } } },
    'share',
  ],
])('%s is refused at its line, with what is expected', (_, datacenter, option) => {
  expect(problemsOf(datacenter)).toMatchObject([
    {
      code: 'INVALID_VALUE',
      path: expect.stringMatching(new RegExp(`/${option}$`)),
      message: expect.stringMatching(/must be/),
    },
  ]);
});
