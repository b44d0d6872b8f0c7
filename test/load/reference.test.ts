// The reference pages are generated from the present schemas, and contain every field.

import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jsonSchema, SCHEMA_NAMES } from '../../src/load/json-schema.ts';
import { referencePages } from '../../src/load/reference.ts';
import { referencePage, type SchemaNode } from '../../src/load/reference-page.ts';

const PAGES = new URL('../../docs/reference/', import.meta.url);
const HEAD = { file: 'etc/tea.json', toldIn: 'tea.md' };

test('docs/reference has a page for each schema, and each is that of the code', async () => {
  const pages = referencePages(SCHEMA_NAMES);
  expect((await readdir(PAGES)).sort()).toEqual(SCHEMA_NAMES.map((name) => `${name}.md`).sort());
  for (const [name, page] of pages) {
    expect(await readFile(new URL(`${name}.md`, PAGES), 'utf8'), 'write it anew with: node scripts/reference.mjs').toBe(
      page,
    );
  }
});

test.each(SCHEMA_NAMES)('the page of %s names every field at its place, with what it is', (name) => {
  const page = referencePages([name]).get(name) ?? '';
  const sections = new Map(page.split('\n## ').map((text) => [/^`(.*)`/.exec(text)?.[1] ?? '', text]));
  const fields = fieldsOf(jsonSchema(name) as SchemaNode, '');
  expect(fields.length).toBeGreaterThan(0);
  expect(fields.filter(([path, field]) => sections.get(path)?.includes(`\`${field}\``) !== true)).toEqual([]);
});

test('a schema becomes sections and rows', () => {
  const schema: SchemaNode = {
    type: 'object',
    required: ['pot'],
    oneOf: [{ required: ['green'] }, { required: ['black'] }],
    properties: {
      pot: { type: 'integer', minimum: 1, maximum: 9, default: 2, description: 'How many <b>|cups</b> of `<tea>`.' },
      old: { deprecated: true },
      key: { type: 'object', writeOnly: true, properties: { $secret: { type: 'string' } } },
      guests: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { likes: { type: 'string', enum: ['green', 'black'] } } },
      },
      tray: {
        type: 'array',
        items: { anyOf: [{ type: 'string' }, { type: 'object', properties: { cup: { type: 'boolean' } } }] },
      },
    },
  };
  const [, body = ''] = referencePage(schema, HEAD).split('list.\n');
  expect(body).toMatchInlineSnapshot(`
    "
    Needs one of \`green\`, \`black\`.

    | field | value | what it is |
    | --- | --- | --- |
    | **\`pot\`** | whole number from 1 to 9 | How many &lt;b>\\|cups&lt;/b> of \`<tea>\`. Default: \`2\`. |
    | \`key\` | [reference to a secret](../secrets.md) | Secret. |
    | \`guests\` | by name: object |  |
    | \`tray\` | list of: text, or object |  |

    Accepted without effect: \`old\`.

    ## \`guests.<name>\`

    | field | value | what it is |
    | --- | --- | --- |
    | \`likes\` | \`green\`, \`black\` |  |

    ## \`tray[]\`

    | field | value | what it is |
    | --- | --- | --- |
    | \`cup\` | \`true\`, \`false\` |  |
    "
  `);
});

/** Every field of a schema, with the place of its object as the page spells it. */
function fieldsOf(node: SchemaNode, path: string): (readonly [path: string, field: string])[] {
  const below = (inner: SchemaNode | undefined, more: string) =>
    inner === undefined ? [] : fieldsOf(inner, path + more);
  const properties = Object.entries(node.properties ?? {});
  if (properties.length === 1 && properties[0]?.[0] === '$secret') return [];
  const named = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  return [
    ...properties.map(([name]) => [path, name] as const),
    ...properties.flatMap(([name, field]) => (field.deprecated ? [] : below(field, path === '' ? name : `.${name}`))),
    ...below(named, '.<name>'),
    ...below(node.items, '[]'),
    ...(properties.length > 0 ? [] : [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((way) => below(way, ''))),
  ];
}
