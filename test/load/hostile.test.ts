// Files that are made to attack the reader end as problems in limited time and memory, and no input makes it throw.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '../../src/load/load.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { SourceFile } from '../../src/model/snapshot.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { LONG_TEST } from '../support/long.ts';
import { runs } from '../support/runs.ts';
import { environment, type Files, loadFiles, snapshotOf } from './environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const FILES = Object.keys(environment());

/** Every problem has a place and a message, whatever was read. */
function wellFormed(problems: readonly Problem[]): void {
  for (const problem of problems) {
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(problem.message).not.toBe('');
    expect(problem.message.length).toBeLessThan(2000);
  }
}

describe('each file that attacks the reader is a clear problem', () => {
  const deep = 10_000;
  const contents: readonly (readonly [string, string | Uint8Array])[] = [
    ['empty', ''],
    ['blank', ' \n\n'],
    ['null', 'null'],
    ['a list in a list', '[[]]'],
    ['text', '"x"'],
    ['deep lists', '['.repeat(deep) + ']'.repeat(deep)],
    ['deep objects', `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
    ['deep inside a guest', `{"lxc_configs": {"101": ${'['.repeat(deep)}${']'.repeat(deep)}}}`],
    ['comments', '{\n // nothing\n}'],
    ['prototypes', '{"__proto__": {"x": 1}, "constructor": {"prototype": {"x": 1}}}'],
    [
      'prototypes of a guest',
      '{"lxc_configs": {"__proto__": {"name": "x"}, "101": {"__proto__": null}}, "vms": [{"__proto__": 1}]}',
    ],
    ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
    ['Latin-1', Uint8Array.from([0x7b, 0x22, 0xe4, 0x22, 0x3a, 0x31, 0x7d])],
    ['a mark', Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ['binary', Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)],
    ['cut off', JSON.stringify(environment()[LXC]).slice(0, 500)],
    ['a huge number', '{"lxc_configs": {"101": {"memory_mb": 1e999, "cores": -1e308}}}'],
    ['a huge key', `{"${'k'.repeat(1_000_000)}": 1}`],
    ['a huge text', `{"lxc_configs": {"101": {"name": "${'n'.repeat(1_000_000)}"}}}`],
  ];

  test.each(contents)('%s', LONG_TEST, (_name, content) => {
    for (const file of FILES) {
      const { config, problems } = loadFiles({ ...environment(), [file]: content });
      wellFormed(problems);
      // An empty map is a compose file without services, and everything else is refused.
      if (!file.endsWith('.yml')) expect(problems.filter(({ severity }) => severity === 'error')).not.toEqual([]);
      if (!file.endsWith('.yml')) expect(config).toBeNull();
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('long texts that a backtracking pattern would choke on', () => {
    const long = `${' '.repeat(200_000)}x`;
    const slashes = `/${'/'.repeat(200_000)}x`;
    const files = environment();
    Object.assign(files[LXC].lxc_configs['101'], {
      gpu_assignment: long,
      mac_address: long,
      template: `local:${'a'.repeat(200_000)} `,
      lxc_options: [`lxc.a${' '.repeat(200_000)}`],
      mount_points: [{ host_path: slashes, container_path: slashes }],
      health_check: { command: long },
      tags: ['a'.repeat(200_000)],
      network_config: { ip: long, nameservers: long },
    });
    files['etc/phoenix_hypervisor_config.json'].zfs.datasets[0].properties = `a=${long},`.repeat(2);
    files['etc/certificate-manifest.json'][0].post_renewal_command = `pct exec 101 -- ${long}`;
    files['stacks/shop/phoenix.json'].environments.production.services = {
      shop: { traefik_labels: [`traefik.http.routers.a.rule=${'Host('.repeat(50_000)}`] },
    };
    // With such a pattern the test would not end.
    wellFormed(loadFiles(files).problems);
  });

  test('fifty megabytes are refused without being read', () => {
    const files: Files = { ...environment(), [LXC]: new Uint8Array(50_000_000).fill(0x5b) };
    const before = process.memoryUsage().rss;
    const { problems } = loadFiles(files);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['SYNTAX', 'has 50000000 bytes; at most 16777216 are read'],
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test.each([
    ['bad guests', (id: number) => `"${id}": {"a": 1}`],
    ['guests that are numbers', (id: number) => `"${id}": 1`],
    ['invalid ids', (id: number) => `"x${id}": {}`],
    ['one name again and again', () => '"101": 1'],
  ])('twenty thousand %s cost no more than is shown of them', (_name, entry) => {
    const entries = Array.from({ length: 20_000 }, (_, index) => entry(100_000 + index));
    const { problems, config, draft } = loadFiles({
      ...environment(),
      [LXC]: `{"lxc_configs": {${entries.join(',')}}}`,
    });
    expect(problems.length).toBeLessThanOrEqual(10_000);
    wellFormed(problems.slice(0, 100));
    expect([config, draft]).toEqual([null, null]);
  });

  test('twenty thousand unknown fields of one guest', () => {
    const fields = Array.from({ length: 20_000 }, (_, index) => `"a${index}": 1`);
    const { problems } = loadFiles({ ...environment(), [LXC]: `{"lxc_configs": {"101": {${fields.join(',')}}}}` });
    expect(problems.filter(({ code }) => code === 'UNKNOWN_KEY')).toHaveLength(100);
  });

  test('too many problems are cut off, the errors kept', LONG_TEST, () => {
    const files = environment();
    const rules = Array.from({ length: 12_000 }, () => ({ type: 'sideways', action: 'ACCEPT' }));
    files[LXC].lxc_configs['101'].firewall.rules = rules;
    const { problems, config } = loadFiles(files);
    expect(problems).toHaveLength(10_000);
    expect(problems.every(({ severity }) => severity === 'error')).toBe(true);
    expect(config).toBeNull();
  });
});

const anything = fc.anything({
  withObjectString: true,
  maxDepth: 2,
  values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)],
});

test('a configuration with any value changed is read or refused, and nothing is thrown', LONG_TEST, () => {
  const paths = leaves(environment());
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), anything), { minLength: 1, maxLength: 4 }), (changes) => {
      const files = environment();
      for (const [path, value] of changes) put(files, path, value);
      const { config, problems } = loadFiles(plainJson(files), { strictSecrets: true });
      wellFormed(problems);
      expect(config === null).toBe(problems.some(({ severity }) => severity === 'error'));
    }),
    { numRuns: runs(150) },
  );
});

test('a configuration with any bytes changed is read or refused, and nothing is thrown', () => {
  const sound = snapshotOf(environment()).files;
  const change = fc.record({
    file: fc.constantFrom(...FILES),
    at: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 6 }),
    cut: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      const files = new Map<string, SourceFile>(sound);
      for (const { file, at, bytes, cut } of changes) {
        const old = files.get(file) as SourceFile & { bytes: Uint8Array };
        const place = at % (old.bytes.length + 1);
        const mutated = [...old.bytes.subarray(0, place), ...bytes, ...old.bytes.subarray(place + cut)];
        files.set(file, { ...old, bytes: Uint8Array.from(mutated) });
      }
      wellFormed(load({ commit: null, root: '', files }, { strictSecrets: false, secrets: DEFAULT_BOUNDS }).problems);
    }),
    { numRuns: runs(60) },
  );
});

/** Paths of every value that is not a container, and of every container. */
function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const below = Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
  return path.length === 0 ? below : [[...path], ...below];
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let parent: Record<string, unknown> = target;
  for (const key of path.slice(0, -1)) {
    if (typeof parent[key] !== 'object' || parent[key] === null) return;
    parent = parent[key] as Record<string, unknown>;
  }
  parent[path.at(-1) as string] = value;
}

/** Files as JSON can represent them: other values become null. */
function plainJson(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : (JSON.stringify(content) ?? 'null'),
    ]),
  );
}
