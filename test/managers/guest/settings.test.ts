// Each setting of guests from its declaration to Proxmox: its field in the schema and the file, its change in a plan with its impact, the words of
// its command, and the resulting state of the host.

import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { declarations } from '../../../src/agent/reconcile/desired-state.ts';
import { jsonSchema } from '../../../src/load/json-schema.ts';
import { settingsPage } from '../../../src/managers/guest/settings/page.ts';
import { SETTINGS } from '../../../src/managers/guest/settings/settings.ts';
import { settingsOf } from '../../../src/managers/guest/settings/values.ts';
import { allTargets, impactOf, managerOf, marking } from '../../../src/managers/index.ts';
import type { Wanted } from '../../../src/managers/manager.ts';
import type { CommitSha, TargetId } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';
import { canonical } from '../../../src/plan/diff/canonical.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { environment, type Files, loadFiles, snapshotOf } from '../../load/environment.ts';
import { openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { container, IMAGE, machine, targetOf, wanted } from '../guests.ts';
import { SETTING_ROWS, type SettingRow } from './settings-rows.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

const GUESTS = {
  lxc: {
    program: 'pct',
    schema: 'phoenix_lxc_configs',
    target: 'lxc/101',
    entry: (files: Files) => files[LXC].lxc_configs['101'],
    place: '/lxc_configs/101',
    own: (own: object): Target => targetOf(container(101, own)),
    conf: '/etc/pve/lxc/101.conf',
  },
  vm: {
    program: 'qm',
    schema: 'phoenix_vm_configs',
    target: 'vm/1001',
    entry: (files: Files) => files[VM].vms[1],
    place: '/vms/1',
    own: (own: object): Target =>
      targetOf(machine(1001, { templateImage: IMAGE, startState: 'stopped', start_at_boot: null, ...own })),
    conf: '/etc/pve/qemu-server/1001.conf',
  },
} as const;

test('every setting has a row, and every row is of a setting', () => {
  expect(Object.keys(SETTING_ROWS)).toEqual(Object.keys(SETTINGS));
  for (const [name, declared] of Object.entries(SETTINGS)) {
    expect('lxc' in declared, name).toBe(SETTING_ROWS[name]?.lxc !== undefined);
    expect('vm' in declared, name).toBe(SETTING_ROWS[name]?.vm !== undefined);
  }
});

const cases = Object.entries(SETTING_ROWS).flatMap(([name, row]) =>
  (['lxc', 'vm'] as const).flatMap((kind) => (row[kind] === undefined ? [] : [{ name, kind, row, impact: row[kind] }])),
);

describe.each(cases)('$name of $kind', ({ name, kind, row, impact }) => {
  const guest = GUESTS[kind];

  test('is a field that is described, and refused where Proxmox would refuse it', () => {
    const { description } = fieldOf(guest.schema, kind, name);
    expect(description).toMatch(/\.$/);
    const { problems } = read(kind, { ...row.beside, [name]: row.refused });
    // Of a list the part that is wrong is named.
    const at = `${guest.place}/${name}${Array.isArray(row.refused) ? '/0' : ''}`;
    expect(problems).toMatchObject([{ code: 'INVALID_VALUE', path: at, severity: 'error' }]);
  });

  test('is one field of a plan, under its own name, at the cost that Proxmox makes of it, and changes its digest', () => {
    const [before, after] = [row.from, row.to].map((value) => targets(kind, { ...row.beside, [name]: value }));
    const made = makePlan({
      from: 'a',
      to: 'b',
      before: before ?? new Map(),
      after: after ?? new Map(),
      impact: impactOf,
    });
    expect(made.kind === 'plan' && made.plan.steps).toMatchObject([
      {
        target: guest.target,
        impact,
        changes: expect.arrayContaining([{ path: `/${name}`, before: row.from, after: row.to }]),
      },
    ]);
    // A setting that came in a later version changes a digest once somebody declares it.
    const [digest, other] = [before, after].map((all) => {
      const { spec } = all?.get(guest.target as TargetId) ?? {};
      return canonical(managerOf(kind).recorded?.(spec ?? {}) ?? {});
    });
    expect(other).not.toBe(digest);
  });

  test('is set by one command, is left as it is where nobody declares it, and goes where it was declared; a second apply does nothing', async () => {
    const host = await openLabHost();
    onTestFinished(() => host.close());
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
    for (const script of ['one', 'two']) {
      await host.write(`/var/lib/vz/snippets/${script}.sh`, '#!/bin/sh\n');
      await chmod(join(host.dir, `var/lib/vz/snippets/${script}.sh`), 0o755);
    }
    const manager = managerOf(kind);
    const declared = (value: SettingRow['from'] | null) => guest.own({ ...row.beside, [name]: value });
    const apply = (ask: Wanted) => convergeStep(manager, host, ask);
    const [from, to, none] = [declared(row.from), declared(row.to), declared(null)];
    expect(await apply(wanted(from))).toMatchObject({ outcome: 'done' });
    host.forget();
    const set = wanted(to, { before: from.spec });
    const { outcome, actions } = await apply(set);
    expect(outcome).toBe('done');
    const said = actions.map(({ summary }) => summary).filter((summary) => summary.startsWith('set '));
    expect(said).toEqual([expect.stringContaining(row.said)]);
    const id = guest.target.split('/')[1];
    expect(host.commands).toContainEqual(expect.stringContaining(`${guest.program} set ${id} ${row.words}`));
    const text = await host.read(guest.conf);
    expect(text.split('\n')).toContain(row.line);
    expect(await apply(set)).toEqual({ outcome: 'done', actions: [] });

    // There is no guest of that kind without it.
    if (isRequired(kind, name)) return;
    expect(await apply(wanted(none))).toEqual({ outcome: 'done', actions: [] });
    expect(await host.read(guest.conf)).toBe(text);
    const gone = wanted(none, { before: to.spec });
    expect(await apply(gone)).toMatchObject({ outcome: 'done' });
    expect((await host.read(guest.conf)).split('\n')).not.toContain(row.line);
    expect(await apply(gone)).toEqual({ outcome: 'done', actions: [] });
  });
});

test('after an update the agent knows guests that were applied before settings had the names of the file', async () => {
  const repository: Pick<Repository, 'snapshot'> = { snapshot: async () => snapshotOf(environment()) };
  const reading = { strictSecrets: false, secrets: DEFAULT_BOUNDS };
  const declaredAt = declarations(repository as Repository, { allTargets, impactOf, managerOf, marking }, reading);
  const { digests } = await declaredAt('a'.repeat(40) as CommitSha);
  // As the version before computed them, and as its ledger has them.
  const recorded = {
    'lxc/101': 'eca25dd2c3ff5c2336b1139c9619431f10688623e1dd11742e3d4627eee59ef7',
    'lxc/900': 'c8458df30214785a98eb9adfcc17ee86024b1c6f3807ca6c9fc7822fd15df1b6',
    'vm/1001': '24b6c60ddf0361c7c1eb826632440d87abc51eb6070f98641148462db7024178',
    'vm/9000': '7d0268e383d7403e3289d4f30ffd40d7d0ab17c03ec160cbcf30afa455fce784',
  };
  expect(Object.fromEntries(digests)).toMatchObject(recorded);
});

test('docs/guests.md has a line for each setting', async () => {
  const page = await readFile(new URL('../../../docs/guests.md', import.meta.url), 'utf8');
  expect(page, 'write it anew with: node scripts/guest-settings.mjs').toContain(settingsPage());
});

function isRequired(kind: 'lxc' | 'vm', name: string): boolean {
  const [, one] = settingsOf(kind).find(([each]) => each === name) ?? [];
  return one?.[kind]?.whenAbsent === undefined;
}

function read(kind: 'lxc' | 'vm', own: object) {
  const files = environment();
  Object.assign(GUESTS[kind].entry(files), own);
  return loadFiles(files);
}

function targets(kind: 'lxc' | 'vm', own: object): ReadonlyMap<TargetId, Target> {
  const { config, problems } = read(kind, own);
  if (config === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return allTargets(config);
}

const SCHEMAS = new Map<string, unknown>(Object.values(GUESTS).map(({ schema }) => [schema, jsonSchema(schema)]));

function fieldOf(schema: string, kind: 'lxc' | 'vm', name: string): { readonly description?: string } {
  const { properties } = SCHEMAS.get(schema) as never as Readonly<Record<string, Readonly<Record<string, never>>>>;
  const entries = properties?.[kind === 'lxc' ? 'lxc_configs' : 'vms'] as never as Readonly<Record<string, Entry>>;
  return (kind === 'lxc' ? entries['additionalProperties'] : entries['items'])?.properties[name] ?? {};
}

interface Entry {
  readonly properties: Readonly<Record<string, { readonly description?: string }>>;
}
