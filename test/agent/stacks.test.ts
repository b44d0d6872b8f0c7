// Portainer and its stacks, end to end: the reference configuration is pushed, and changes that people make in Portainer are reverted by the verbs of
// the original dispatcher. The guests themselves are managed elsewhere.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../src/managers/config.ts';
import * as managers from '../../src/managers/index.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import { AGENT, PRIMARY } from '../managers/portainer/configuration.ts';
import {
  changeDatabase,
  changeDocker,
  databaseOf,
  dockerOf,
  openVms,
  writeInside,
} from '../managers/portainer/environment.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import type { LabHost } from '../support/host/lab-host.ts';
import { LONG_TEST } from '../support/long.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KINDS = new Set(['portainer', 'stack']);
const QDRANT = 'stack/1002.qdrant' as TargetId;

let files: Record<string, string>;
let lab: LabHost;
let phoenix: Phoenix;

beforeAll(async () => {
  files = await textsOf('etc', 'stacks');
  const changed = relabelled(files['stacks/qdrant/phoenix.json'] ?? '');
  const blobs = [...Object.values(files), changed].map((text): [string, string] => [blobOf(text), text]);
  lab = await openVms(Object.fromEntries(blobs));
  await lab.write('/etc/phoenix/secrets/portainer_admin.password', 'correct horse battery staple\n');
  await lab.write('/etc/hosts', '10.0.0.102 portainer-agent.example.internal\n');
  for (const id of [PRIMARY, AGENT]) {
    const mount = `10.0.0.13:/tank/vm-persistent-data/${id} /persistent-storage nfs defaults 0 0\n`;
    await writeInside(lab, id, '/etc/fstab', mount);
  }
  for (const name of ['portainer.crt', 'portainer.key']) {
    await lab.write(`/tank/vm-persistent-data/1001/certs/${name}`, await lab.read(`/tank/1001/certs/${name}`));
  }
  phoenix = await startPhoenix({ host: lab, managers: { ...managers, allTargets: ofPortainer } });
});
afterAll(async () => {
  await phoenix.stop();
  await lab.close();
});

function ofPortainer(config: Config) {
  const all = [...managers.allTargets(config)].filter(([id]) => KINDS.has(kindOf(id)));
  const ours = new Set(all.map(([id]) => id));
  return new Map(all.map(([id, target]) => [id, { ...target, needs: target.needs.filter((need) => ours.has(need)) }]));
}

async function textsOf(...folders: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of folders) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      found[path.slice(ROOT.length)] = await readFile(path, 'utf8');
    }
  }
  return found;
}

/** As Git names it. */
function blobOf(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const relabelled = (manifest: string): string =>
  manifest.replaceAll('qdrant.example.internal', 'vectors.example.internal');

async function asked(verb: string, ...targets: readonly TargetId[]) {
  const run = await phoenix.agent().command({ verb, targets, by: 'ann' });
  await phoenix.reached(run, 'succeeded');
  const detail = await phoenix.ledger.run(run);
  return (detail?.steps ?? []).flatMap(({ target, outcome }) => (outcome === 'applied' ? [target] : []));
}

/** What a check for drift finds of the target. */
async function checked(target: TargetId) {
  const run = await phoenix.agent().drift('ann');
  await phoenix.reached(run, 'failed');
  return (await phoenix.ledger.run(run))?.steps.find((step) => step.target === target)?.differs;
}

test(
  'a push creates the server, then the environment, then the stacks; verbs repair what people undo',
  LONG_TEST,
  async () => {
    const first = await phoenix.push(files);
    expect(first.statuses).toEqual({
      'phoenix/apply': 'success: applied 4 targets',
      'phoenix/portainer/server': 'success: applied',
      'phoenix/portainer/environment.docker-host': 'success: applied',
      'phoenix/stack/1002.qdrant': 'success: applied',
      'phoenix/stack/1002.website': 'success: applied',
    });
    expect(await asked('sync all')).toEqual([]);

    changeDatabase(lab, ({ stacks }) => {
      for (const each of stacks) {
        each.file = each.file.replace('restart: unless-stopped', 'restart: no\n    environment:\n      KEY: hunter2');
        each.UpdateDate = each.CreationDate + 60;
      }
    });
    expect(await checked(QDRANT)).toEqual([
      {
        ...{ field: 'docker-compose.yml', declared: 'as it was sent', observed: 'changed in Portainer' },
        place: { file: 'stacks/qdrant/docker-compose.yml', path: '', line: null },
        lines: expect.arrayContaining(['-    restart: unless-stopped', '+    restart: no', '+      KEY: ‹secret›']),
      },
    ]);
    expect(await asked('sync', QDRANT)).toEqual([QDRANT]);
    expect(await asked('sync', QDRANT)).toEqual([]);

    changeDocker(lab, AGENT, (state) => {
      state.containers = state.containers.filter(({ name }) => name !== 'portainer_agent');
    });
    changeDatabase(lab, ({ endpoints }) => {
      for (const each of endpoints) each.Status = 2;
    });
    expect((await asked('sync all')).sort()).toContain('portainer/environment.docker-host');
    expect(dockerOf(lab, AGENT).containers.map(({ name }) => name)).toContain('portainer_agent');

    const path = 'stacks/qdrant/phoenix.json';
    const { statuses } = await phoenix.push({ ...files, [path]: relabelled(files[path] ?? '') });
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 1 target',
      [`phoenix/${QDRANT}`]: 'success: applied',
    });
    expect(databaseOf(lab)?.stacks.find(({ Name }) => Name === 'qdrant')?.file).toContain('vectors.example.internal');
  },
);
