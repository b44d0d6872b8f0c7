// An editor with the JSON Schemas agrees with `validate`, as far as a schema can: both give the same verdict on valid configurations, on the faults
// below, and on the reference configuration with any of its values replaced.

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { jsonSchema, SCHEMA_NAMES } from '../../src/load/json-schema.ts';
import { LONG_TEST } from '../support/long.ts';
import { repositoryFiles } from '../support/repository-files.ts';
import { environment, type Files, loadFiles } from './environment.ts';
import { leaves, replaced } from './replace-values.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const checks = new Map(SCHEMA_NAMES.map((name) => [name, ajv.compile(jsonSchema(name) ?? false)]));

/** The fields that an editor would underline in a file; none where it would underline nothing. */
function inEditor(path: string, value: unknown): string[] {
  const name = path.replace(/^.*\//, '').replace(/\.json$/, '');
  const check = checks.get(path.startsWith('stacks/') ? 'stack' : name);
  if (check === undefined) throw new Error(`no schema for ${path}`);
  return check(JSON.parse(JSON.stringify(value))) ? [] : (check.errors ?? []).map(({ instancePath }) => instancePath);
}

/** Codes of faults within one file: a schema cannot know other files. */
const OF_ITSELF = new Set(['INVALID_VALUE', 'UNKNOWN_KEY', 'SYNTAX']);

function inValidate(path: string, files: Files): string[] {
  return loadFiles(files)
    .problems.filter(({ severity, file, code }) => severity === 'error' && file === path && OF_ITSELF.has(code))
    .map(({ path: at }) => at);
}

describe('each schema', () => {
  test.each(SCHEMA_NAMES)('%s names its file and describes each field', (name) => {
    const schema = jsonSchema(name) as Record<string, unknown>;
    expect(schema['$id']).toBe(`${name}.schema.json`);
    expect(schema['title']).toBe(name);
    const untitled: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
      const { properties = {}, ...others } = node as { properties?: Record<string, { title?: string }> };
      for (const [field, one] of Object.entries(properties)) if (one.title === undefined) untitled.push(field);
      for (const each of [...Object.values(properties), ...Object.values(others)]) visit(each);
    };
    visit(schema);
    expect(untitled).toEqual([]);
  });
});

test('a sound environment pleases both', () => {
  const files: Files = environment();
  for (const path of [HYPERVISOR, LXC, VM]) {
    expect([path, inEditor(path, files[path])]).toEqual([path, []]);
    expect([path, inValidate(path, files)]).toEqual([path, []]);
  }
});

const FAULTS: readonly (readonly [name: string, path: string, change: (files: Files) => void])[] = [
  ['an unknown field', LXC, (files) => (files[LXC].lxc_configs['101'].memory = 512)],
  ['a field that is missing', LXC, (files) => delete files[LXC].lxc_configs['101'].memory_mb],
  ['a number as text', LXC, (files) => (files[LXC].lxc_configs['101'].memory_mb = '512')],
  ['text as a number', LXC, (files) => (files[LXC].lxc_configs['101'].name = 101)],
  ['a switch as text', LXC, (files) => (files[LXC].lxc_configs['101'].start_at_boot = 'yes')],
  ['too little memory', LXC, (files) => (files[LXC].lxc_configs['101'].memory_mb = 8)],
  ['an address that is none', LXC, (files) => (files[LXC].lxc_configs['101'].network_config.ip = 'static')],
  ['an address without its prefix', LXC, (files) => (files[LXC].lxc_configs['101'].network_config.ip = '10.0.0.5')],
  ['a gateway that is a name', LXC, (files) => (files[LXC].lxc_configs['101'].network_config.gw = 'router')],
  ['a MAC address that is none', LXC, (files) => (files[LXC].lxc_configs['101'].mac_address = '10.0.0.1')],
  ['a VLAN that is none', LXC, (files) => (files[LXC].lxc_configs['101'].network_config.vlan = 5000)],
  ['a feature of Proxmox that is none', LXC, (files) => (files[LXC].lxc_configs['101'].pct_options = ['nested=1'])],
  ['a feature with a slash', LXC, (files) => (files[LXC].lxc_configs['101'].features = ['../docker'])],
  ['an ostype that is none', LXC, (files) => (files[LXC].lxc_configs['101'].ostype = 'linux')],
  ['a state that is none', LXC, (files) => (files[LXC].lxc_configs['101'].state = 'on')],
  ['two sources', LXC, (files) => (files[LXC].lxc_configs['101'].template = 'local:vztmpl/debian-12.tar.zst')],
  ['no source', LXC, (files) => delete files[LXC].lxc_configs['101'].clone_from_ctid],
  ['an id that is none', LXC, (files) => (files[LXC].lxc_configs['7'] = files[LXC].lxc_configs['101'])],
  ['a VM without its id', VM, (files) => delete files[VM].vms[1].vmid],
  ['a list where an object belongs', VM, (files) => (files[VM].vms[1].network_config = [])],
  ['no domain', HYPERVISOR, (files) => delete files[HYPERVISOR].domain_name],
  [
    'a host address without its prefix',
    HYPERVISOR,
    (files) => (files[HYPERVISOR].network.interfaces.address = '10.0.0.13'),
  ],
  ['a policy that is none', HYPERVISOR, (files) => (files[HYPERVISOR].firewall = { default_input_policy: 'ALLOW' })],
  ['a secret that is no reference', HYPERVISOR, (files) => (files[HYPERVISOR].portainer_api = { agent_secret: 'x' })],
];

test.each(FAULTS)('%s is reported by both', (_, path, change) => {
  const files: Files = environment();
  change(files);
  expect(inEditor(path, files[path])).not.toEqual([]);
  expect(inValidate(path, files)).not.toEqual([]);
});

test.each([
  ['a feature of the repository itself', (files: Files) => (files[LXC].lxc_configs['101'].features = ['my_own'])],
  ['a file system to mount', (files: Files) => (files[LXC].lxc_configs['101'].pct_options = ['mount=nfs'])],
  ['an id as text', (files: Files) => (files[LXC].lxc_configs['101'].dependencies = ['900'])],
  ['IPv6', (files: Files) => (files[LXC].lxc_configs['101'].network_config = { ip: 'fd00::5/64', gw: 'fd00::1' })],
])('%s pleases both', (_, change) => {
  const files: Files = environment();
  change(files);
  expect(inEditor(LXC, files[LXC])).toEqual([]);
  expect(inValidate(LXC, files)).toEqual([]);
});

const reference: Files = repositoryFiles();

/** In the place of any value: of another type each. */
const OTHERS = [{ not: 'a value' }, [[]], true, -1, '\u0007'];

describe('any value of the reference configuration in the place of another', () => {
  const files = Object.keys(reference).filter((path) => /^etc\/phoenix_(hypervisor|lxc|vm)[^/]*\.json$/.test(path));

  /** The fields that an editor underlines with another value, and that `validate` takes. @param othersOf what is tried for the field of that number */
  function taken(path: string, othersOf: (index: number) => readonly unknown[]): string[] {
    const value: unknown = JSON.parse(String(reference[path]));
    // One of several similar entries is enough: the first of each list, and the first guest with the field.
    const kinds = new Map(
      leaves(value).map((leaf) => [leaf[0].map((key) => (/^\d+$/.test(String(key)) ? '*' : key)).join('/'), leaf]),
    );
    const wrong: string[] = [];
    for (const [index, [keys]] of [...kinds.values()].entries()) {
      for (const other of othersOf(index)) {
        const changed = replaced(value, keys, other);
        const underlined = inEditor(path, changed).length > 0;
        if (!underlined) continue;
        const { problems } = loadFiles({ ...reference, [path]: changed });
        // What has the form of before is taken, with a warning that an editor has too.
        const isTold = problems.some(({ severity, code }) => severity === 'error' || code === 'LEGACY_SHAPE');
        if (!isTold) wrong.push(`${keys.join('/')}: ${JSON.stringify(other)}`);
      }
    }
    return wrong;
  }

  test.each(files)('%s: what the editor underlines, validate refuses', LONG_TEST, (path) => {
    expect(taken(path, () => OTHERS)).toEqual([]);
  });

  test('of the VMs, each field with one of these values', () => {
    expect(taken(VM, (index) => OTHERS.slice(index % OTHERS.length).slice(0, 1))).toEqual([]);
  });

  test.each(files)('%s: what is of no type that the field has, both refuse', (path) => {
    const value: unknown = JSON.parse(String(reference[path]));
    const kinds = new Map(
      leaves(value).map((leaf) => [leaf[0].map((key) => (/^\d+$/.test(String(key)) ? '*' : key)).join('/'), leaf]),
    );
    const wrong: string[] = [];
    for (const [keys] of kinds.values()) {
      const changed = replaced(value, keys, { not: 'a value' });
      const refused = inValidate(path, { [path]: changed }).length > 0;
      if (refused !== inEditor(path, changed).length > 0) wrong.push(keys.join('/'));
    }
    expect(wrong).toEqual([]);
  });
});

test('an editor agrees with the loader on every combination of sources of a VM', () => {
  const file = 'etc/phoenix_vm_configs.json';
  const takes = new Ajv2020({ strict: false }).compile(
    JSON.parse(JSON.stringify(jsonSchema('phoenix_vm_configs'))).properties.vms.items,
  );
  const sources: Readonly<Record<string, unknown>> = {
    template_image: 'a.img',
    clone_from_vmid: 9000,
    import_from: 'local:import/a.raw',
    empty: true,
    iso: 'local:iso/a.iso',
  };
  const names = Object.keys(sources);
  for (let choice = 0; choice < 2 ** names.length; choice++) {
    const chosen = names.filter((_, bit) => (choice & (1 << bit)) !== 0);
    const files = environment();
    const { clone_from_vmid: _, ...entry } = files[file].vms[1];
    files[file].vms[1] = { ...entry, ...Object.fromEntries(chosen.map((name) => [name, sources[name]])) };
    const isRefused = loadFiles(files).problems.some(({ message }) => /exclude each other|is missing$/.test(message));
    expect(takes(files[file].vms[1]), chosen.join() || 'none').toBe(!isRefused);
  }
});
