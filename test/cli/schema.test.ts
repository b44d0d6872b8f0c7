// The JSON Schemas that editors use are those of the code: the files in etc/schemas are current, accept valid files and refuse unknown fields.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { type SchemaArgs, schema } from '../../src/cli/schema.ts';
import { SCHEMA_NAMES } from '../../src/load/json-schema.ts';
import { environment } from '../load/environment.ts';
import { exampleDatacenter } from '../managers/datacenter/example.ts';
import { captured } from './captured.ts';

const run = (args: SchemaArgs) => captured((io) => schema(args, io));

const SHIPPED = join(import.meta.dirname, '../../etc/schemas');

test('the schemas in etc/schemas/ are those of the code: npx phoenix schema --out etc/schemas', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-schemas-'));
  try {
    expect((await run({ out: folder })).exit).toBe(0);
    const names = await readdir(folder);
    expect(names.sort()).toEqual(SCHEMA_NAMES.map((name) => `${name}.schema.json`).sort());
    expect((await readdir(SHIPPED)).sort()).toEqual(names);
    for (const name of names) {
      expect(JSON.parse(await readFile(join(SHIPPED, name), 'utf8'))).toEqual(
        JSON.parse(await readFile(join(folder, name), 'utf8')),
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('one schema is one JSON document, by its name or the name of its file', async () => {
  for (const name of ['lxc', 'phoenix_lxc_configs', 'phoenix_lxc_configs.json', 'phoenix_lxc_configs.schema.json']) {
    const { exit, out, err } = await run({ name });
    expect([exit, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ type: 'object', required: ['lxc_configs'] });
  }
});

test('without a name, all of them by name', async () => {
  expect(Object.keys(JSON.parse((await run({})).out))).toEqual(SCHEMA_NAMES);
});

test('an unknown name is refused with the nearest one', async () => {
  expect(await run({ name: 'phoenix_lxc_confgs' })).toEqual({
    exit: 2,
    out: '',
    err: 'phoenix schema: there is no schema "phoenix_lxc_confgs"\nDid you mean "phoenix_lxc_configs"?\n',
  });
});

describe('each schema', () => {
  const files = environment();
  const samples: Record<string, unknown> = {
    phoenix_hypervisor_config: files['etc/phoenix_hypervisor_config.json'],
    phoenix_lxc_configs: files['etc/phoenix_lxc_configs.json'],
    phoenix_vm_configs: files['etc/phoenix_vm_configs.json'],
    'certificate-manifest': files['etc/certificate-manifest.json'],
    phoenix_datacenter_config: exampleDatacenter(),
    phoenix_stacks_config: { docker_stacks: {} },
    stack: files['stacks/shop/phoenix.json'],
  };

  test.each(SCHEMA_NAMES)('%s accepts valid files, refuses unknown fields, and describes every field', async (name) => {
    const document = JSON.parse((await run({ name })).out);
    const check = new Ajv2020({ strict: false }).compile(document);
    const sample = JSON.parse(JSON.stringify(samples[name]));
    expect([check(sample), check.errors]).toEqual([true, null]);
    if (!Array.isArray(sample)) expect(check({ ...sample, colour: 'red' })).toBe(false);
    expect(undescribed(document, name)).toEqual([]);
  });
});

test("an editor shows validate's rules for an object beyond its type, and for a choice", async () => {
  const document = JSON.parse((await run({ name: 'datacenter' })).out);
  const check = new Ajv2020({ strict: false }).compile(document);
  const nfs = { type: 'nfs', server: '10.0.0.9', export: '/tank' };
  const job = { schedule: 'sat 05:00' };
  const takes = (file: object) => check(file);
  expect(takes({ storages: { media: nfs }, backup_jobs: { all: { ...job, all: true } } })).toBe(true);
  expect(takes({ storages: { media: { type: 'nfs', server: '10.0.0.9' } } })).toBe(false);
  expect(takes({ storages: { media: { ...nfs, vgname: 'pve' } } })).toBe(false);
  expect(takes({ backup_jobs: { none: job } })).toBe(false);
  expect(takes({ backup_jobs: { two: { ...job, all: true, pool: 'prod' } } })).toBe(false);
  expect(takes({ backup_jobs: { one: { ...job, all: false, pool: 'prod' } } })).toBe(true);
  // Recognised by its id, wherever a copy of it is.
  expect(document.$id).toBe('phoenix_datacenter_config.schema.json');
});

test('annotations use keywords that editors know', async () => {
  const lxc = JSON.parse((await run({ name: 'phoenix_lxc_configs' })).out);
  expect(lxc.properties.lxc_configs.additionalProperties.properties.ports).toMatchObject({ deprecated: true });
  const host = JSON.parse((await run({ name: 'phoenix_hypervisor_config' })).out);
  expect(JSON.stringify(host.properties.portainer_api.properties.admin_password)).toContain('"writeOnly":true');
  expect(JSON.stringify([lxc, host])).not.toMatch(/noEffect|"secret":/);
});

/** Paths of the properties that say nothing about themselves. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key !== 'properties') return undescribed(value, `${path}/${key}`);
    return Object.entries(value as Record<string, { description?: string }>).flatMap(([name, property]) => [
      ...(property.description === undefined ? [`${path}/${name}`] : []),
      ...undescribed(property, `${path}/${name}`),
    ]);
  });
}
