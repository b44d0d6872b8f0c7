// Whatever the file takes, the host takes: no object is refused half-way, none is set again, and an import reads all of it back.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config } from '../../../../src/managers/config.ts';
import { objectKinds } from '../../../../src/managers/datacenter/manager.ts';
import { sdn } from '../../../../src/managers/datacenter/sdn/manager.ts';
import { allTargets, registered } from '../../../../src/managers/index.ts';
import { kindOf } from '../../../../src/model/ids.ts';
import type { Target } from '../../../../src/model/target.ts';
import { importHolds } from '../../../cli/import/import-law.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { LONG_TEST } from '../../../support/long.ts';
import { runs } from '../../../support/runs.ts';
import { convergeStep } from '../../carry-out.ts';
import { wanted } from '../../guests.ts';
import { datacenters, GUESTS, SECRET, taken } from './generated.ts';

const KINDS = new Map([...objectKinds.map(registered), registered(sdn)].map((kind) => [kind.kind, kind] as const));

/** What the host needs for them, and what the key of the agent never does: the file cannot know of either. */
const OF_THE_HOST =
  /names (guest|container|virtual machine|pool|HA resource|storage|cluster node) .* which is not there|cannot be made without|Path \S+ does not exist/;
const OVER_SSH = /deploy\/ssh\/table\.ts has no shape for/;

async function hostWithGuests(): Promise<LabHost> {
  const host = await openLabHost([], { [SECRET]: 'a-secret-value' });
  for (const [id, kind] of Object.entries(GUESTS))
    await host.write(`/etc/pve/${kind === 'lxc' ? 'lxc' : 'qemu-server'}/${id}.conf`, 'memory: 512\n');
  return host;
}

/** In dependency order. */
function objectsOf(config: Config): Target[] {
  const left = [...allTargets(config).values()].filter(({ id }) => KINDS.has(kindOf(id)));
  const ordered: Target[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ needs }) => !left.some(({ id }) => needs.includes(id)));
    ordered.push(...left.splice(Math.max(0, next), 1));
  }
  return ordered;
}

/** Resolves to whether it was applied, and not refused for what only the host can know. */
async function applied(host: LabHost, target: Target): Promise<boolean> {
  const kind = KINDS.get(kindOf(target.id));
  if (kind === undefined) throw new Error(`nothing manages ${target.id}`);
  const end = await convergeStep(kind, host, wanted(target)).catch((error: Error) => {
    if (OVER_SSH.test(error.message)) return null;
    throw error;
  });
  if (end === null || ((end.outcome === 'refused' || end.outcome === 'failed') && OF_THE_HOST.test(end.reason)))
    return false;
  expect([target.id, target.spec, end]).toEqual([target.id, target.spec, expect.objectContaining({ outcome: 'done' })]);
  expect([target.id, await convergeStep(kind, host, wanted(target))]).toEqual([
    target.id,
    { outcome: 'done', actions: [] },
  ]);
  return true;
}

/** The host as if people had configured it. */
function forgetPhoenix(host: LabHost): void {
  rmSync(join(host.dir, 'var/lib/phoenix'), { recursive: true, force: true });
  const top = join(host.dir, 'etc/pve');
  for (const path of readdirSync(top, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const file = join(path.parentPath, path.name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/ ?(?:\[|%5B)kept by Phoenix.*?(?:\]|%5D)/g, ''));
  }
  host.forget();
}

test('the host takes what the file takes, and an import reads it back', LONG_TEST, async () => {
  let objects = 0;
  await fc.assert(
    fc.asyncProperty(datacenters, async (datacenter) => {
      const targets = objectsOf(taken(datacenter));
      const host = await hostWithGuests();
      try {
        const missing = new Set<string>();
        for (const target of targets)
          if (target.needs.some((need) => missing.has(need)) || !(await applied(host, target))) missing.add(target.id);
        objects += targets.length;
        forgetPhoenix(host);
        await importHolds(host);
      } finally {
        await host.close();
      }
    }),
    { numRuns: runs(4) },
  );
  expect(objects).toBeGreaterThan(0);
});
