// A plan names fields as the files do: any change in the example environment is shown with its place and its values.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '../../src/load/load.ts';
import { allTargets, impactOf } from '../../src/managers/index.ts';
import { inTheFiles } from '../../src/managers/written.ts';
import type { WrittenSide } from '../../src/managers/written-entries.ts';
import type { PlanStep, WrittenChange } from '../../src/model/plan.ts';
import { DEFAULT_POLICY } from '../../src/model/policy.ts';
import { planBetween } from '../../src/plan/between.ts';
import { keys } from '../../src/plan/diff/pointer.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { type Files, snapshotOf } from '../load/environment.ts';
import { LONG_TEST } from '../support/long.ts';

const ROOT = join(import.meta.dirname, '../..');
const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';
const QDRANT = 'stacks/qdrant/phoenix.json';
const COMPOSE = 'stacks/qdrant/docker-compose.yml';

const EXAMPLE: Files = Object.fromEntries(
  ['etc', 'stacks'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).flatMap((path): [string, unknown][] => {
      const [name, file] = [`${top}/${path}`, join(ROOT, top, path)];
      if (name.startsWith('etc/schemas') || !statSync(file).isFile()) return [];
      const text = readFileSync(file, 'utf8');
      return [[name, name.endsWith('.json') ? JSON.parse(text) : text]];
    }),
  ),
);

function example(): Files {
  return structuredClone(EXAMPLE);
}

/** Read once for many changes. */
let exampleSide: ReturnType<typeof readSide> | undefined;

function sideOf(files: Files) {
  if (JSON.stringify(files) !== JSON.stringify(EXAMPLE)) return readSide(files);
  exampleSide ??= readSide(files);
  return exampleSide;
}

function readSide(files: Files) {
  const snapshot = snapshotOf(files);
  const { config, draft, problems } = load(snapshot, { strictSecrets: false, secrets: DEFAULT_BOUNDS });
  const readable = config ?? draft;
  if (readable === null) return null;
  const written: WrittenSide = { config: readable, files: snapshot.files };
  return { written, side: { commit: 'a'.repeat(40), readable: true, targets: allTargets(readable), problems } };
}

/** Undefined where the files cannot be read. */
function stepsBetween(from: Files | null, to: Files): readonly PlanStep[] | undefined {
  const [before, after] = [from === null ? null : sideOf(from), sideOf(to)];
  if (after === null || (from !== null && before === null)) return undefined;
  const nothing = { commit: null, readable: true, targets: new Map(), problems: [] };
  const { plan } = planBetween(before?.side ?? nothing, after.side, { impact: impactOf, policy: DEFAULT_POLICY });
  return inTheFiles(plan, before?.written ?? null, after.written).steps;
}

function valueAt(files: Files | null, file: string, path: string): unknown {
  return keys(path).reduce(
    (value: unknown, key) => (value as Record<string, unknown> | undefined)?.[key],
    files?.[file],
  );
}

/** The values of a change are at its path in the file. */
function expectToResolve(change: WrittenChange, from: Files | null, to: Files): void {
  if (change.file.endsWith('.yml')) return;
  const { file, path, before, after, was = path } = change;
  if (after !== undefined) expect(after).toEqual(valueAt(to, file, path));
  if (before !== undefined) expect(before).toEqual(valueAt(from, file, was));
  expect(before ?? after).toBeDefined();
  for (const place of change.because ?? []) {
    expect(
      place.path === '' ? '' : (valueAt(to, place.file, place.path) ?? valueAt(from, place.file, place.path)),
    ).toBeDefined();
  }
}

function stepOf(steps: readonly PlanStep[] | undefined, target: string): PlanStep | undefined {
  return steps?.find((step) => step.target === target);
}

/** File, path, before and after of what a step shows. */
function shown(steps: readonly PlanStep[] | undefined, target: string) {
  return stepOf(steps, target)?.written?.map(({ file, path, before, after }) => [file, path, before, after]);
}

test('everything new is named with its place and its value', () => {
  const steps = stepsBetween(null, example());
  expect(steps?.length).toBeGreaterThan(15);
  for (const { target, written = [] } of steps ?? []) {
    expect([target, written.length > 0]).toEqual([target, true]);
    for (const change of written)
      if (!JSON.stringify(change).includes('‹secret›')) expectToResolve(change, null, example());
  }
  expect(stepOf(steps, 'lxc/101')?.name).toBe('nginx-gateway');
});

describe('one change of the files', () => {
  // biome-ignore lint/suspicious/noExplicitAny: it edits written files in every way
  type Edit = (files: any) => void;
  const cases: readonly (readonly [string, Edit, string, readonly unknown[]])[] = [
    [
      'memory of a container',
      (f) => (f[LXC].lxc_configs['101'].memory_mb = 4096),
      'lxc/101',
      [[LXC, '/lxc_configs/101/memory_mb', 2048, 4096]],
    ],
    ['cores of a VM', (f) => (f[VM].vms[1].cores = 6), 'vm/1001', [[VM, '/vms/1/cores', 4, 6]]],
    [
      'a default of all VMs',
      (f) => (f[VM].vm_defaults.memory_mb = 3072),
      'vm/9000',
      [[VM, '/vm_defaults/memory_mb', 2048, 3072]],
    ],
    [
      'the description that appears',
      (f) => (f[LXC].lxc_configs['103'].description = 'Signs'),
      'lxc/103',
      [[LXC, '/lxc_configs/103/description', undefined, 'Signs']],
    ],
    [
      'a field that goes',
      (f) => delete f[LXC].lxc_configs['101'].boot_delay,
      'lxc/101',
      [[LXC, '/lxc_configs/101/boot_delay', 5, undefined]],
    ],
    [
      'the names of a certificate',
      (f) => f[CERTIFICATES][0].sans.pop(),
      'certificate/nginx.example.internal',
      [[CERTIFICATES, '/0/sans', EXAMPLE[CERTIFICATES][0].sans, EXAMPLE[CERTIFICATES][0].sans.slice(0, -1)]],
    ],
    [
      'the permissions of a key',
      (f) => (f[CERTIFICATES][0].permissions = '600'),
      'certificate/nginx.example.internal',
      [[CERTIFICATES, '/0/permissions', '640', '600']],
    ],
    [
      'the time zone',
      (f) => (f[HYPERVISOR].timezone = 'Europe/Berlin'),
      'hypervisor/time',
      [[HYPERVISOR, '/timezone', 'Etc/UTC', 'Europe/Berlin']],
    ],
    [
      'the cache of ZFS',
      (f) => (f[HYPERVISOR].zfs.arc_max_gb += 1),
      'hypervisor/storage',
      [[HYPERVISOR, '/zfs/arc_max_gb', EXAMPLE[HYPERVISOR].zfs.arc_max_gb, EXAMPLE[HYPERVISOR].zfs.arc_max_gb + 1]],
    ],
    [
      'the image of a stack',
      (f) => (f[COMPOSE] = f[COMPOSE].replace(':v1.15.4', ':v1.15.5')),
      'stack/1002.qdrant',
      [[COMPOSE, '/services/qdrant/image', 'qdrant/qdrant:v1.15.4', 'qdrant/qdrant:v1.15.5']],
    ],
  ];

  test.each(cases)('%s', (_, edit, target, expected) => {
    const files = example();
    edit(files);
    expect(shown(stepsBetween(example(), files), target)).toEqual(expected);
  });

  test('a secret in a variable of a stack is shown as one, and as changed', () => {
    const variable = (value: string) => [{ name: 'QDRANT_API_KEY', value }];
    const [from, to] = [example(), example()];
    from[QDRANT].environments.production.variables = variable('old-key-of-the-database');
    to[QDRANT].environments.production.variables = variable('new-key-of-the-database');
    const steps = stepsBetween(from, to);
    expect(JSON.stringify(steps)).not.toMatch(/(old|new)-key-of/);
    expect(JSON.stringify(stepOf(steps, 'stack/1002.qdrant')?.written ?? [])).not.toMatch(/(old|new)-key-of/);
  });

  test('a script of another content names the field that says it, and the file', () => {
    const [from, to] = [example(), example()];
    for (const files of [from, to]) {
      files[LXC].lxc_configs['101'].application_script = 'hello.sh';
      files['bin/hello.sh'] = `#!/bin/sh\necho ${files === from ? 1 : 2}\n`;
    }
    expect(stepOf(stepsBetween(from, to), 'lxc/101')?.written).toMatchObject([
      {
        path: '/lxc_configs/101/application_script',
        before: 'hello.sh',
        after: 'hello.sh',
        because: [{ file: 'bin/hello.sh', path: '' }],
      },
    ]);
  });
});

describe('fields that nobody declared', () => {
  test('a DNS record follows from the name and the address of its guest', () => {
    const files = example();
    files[LXC].lxc_configs['103'].network_config.ip = '10.0.0.11/24';
    const step = stepOf(stepsBetween(example(), files), 'hypervisor/dns');
    const path = '/lxc_configs/103/network_config/ip';
    expect(step?.derived).toBe(true);
    expect(step?.written).toMatchObject([{ file: LXC, path, before: '10.0.0.10/24', after: '10.0.0.11/24' }]);
    expect(step?.written?.[0]?.because).toEqual(
      expect.arrayContaining([
        { file: LXC, path: '/lxc_configs/103/name' },
        { file: LXC, path },
      ]),
    );
  });

  test.each(['hypervisor/dns', 'gateway/traefik', 'gateway/nginx'])(
    '%s says of every change what it follows from',
    (target) => {
      const files = example();
      files[LXC].lxc_configs['101'].traefik_service.name = 'front';
      files[LXC].lxc_configs['102'].network_config.ip = '10.0.0.99/24';
      files[QDRANT].environments.production.services.qdrant.traefik_labels.pop();
      const step = stepOf(stepsBetween(example(), files), target);
      expect(step?.written?.length).toBeGreaterThan(0);
      for (const { because } of step?.written ?? []) expect(because?.length).toBeGreaterThan(0);
    },
  );
});

/** Every place of the example with a number, string or list, except for references between files. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
  return Array.isArray(value) ? [path, ...below] : below;
}

test('whatever changes: each change resolves in its file, with what is there before and after', LONG_TEST, () => {
  const places = [HYPERVISOR, LXC, VM, CERTIFICATES, QDRANT].flatMap((file) =>
    leaves(EXAMPLE[file]).map((path) => ({ file, path })),
  );
  const edit = fc.record({
    place: fc.constantFrom(...places),
    how: fc.constantFrom('another', 'remove', 'reverse', 'repeat first'),
  });
  let changed = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const files = example();
      for (const { place, how } of edits) {
        const above = place.path.slice(0, -1).reduce((value: never, key) => value?.[key], files[place.file] as never) as
          | Record<string, unknown>
          | undefined;
        const key = place.path.at(-1);
        if (above === undefined || above === null || key === undefined) continue;
        const value = above[key];
        if (how === 'remove') {
          if (Array.isArray(above)) above.splice(Number(key), 1);
          else delete above[key];
        } else if (Array.isArray(value))
          above[key] = how === 'reverse' ? value.toReversed() : [...value.slice(0, 1), ...value];
        else if (typeof value === 'number') above[key] = value + 1;
        else if (typeof value === 'boolean') above[key] = !value;
        else if (typeof value === 'string')
          above[key] = value.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
      }
      for (const step of stepsBetween(example(), files) ?? []) {
        const { target, written, changes } = step;
        expect([target, changes.length === 0 || (written ?? []).length > 0]).toEqual([target, true]);
        for (const change of written ?? []) {
          if (JSON.stringify(change).includes('‹secret›')) continue;
          changed += 1;
          expectToResolve(change, example(), files);
        }
      }
    }),
    { numRuns: 40 },
  );
  expect(changed).toBeGreaterThan(0);
});
