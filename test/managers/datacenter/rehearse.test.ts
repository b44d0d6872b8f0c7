// The example datacenter, applied twice on a lab host with the guests of its pool.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { objectKinds } from '../../../src/managers/datacenter/manager.ts';
import { ROWS } from '../../../src/managers/datacenter/rows.ts';
import { phoenix } from '../../cli/phoenix.ts';
import type { Files } from '../../load/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { exampleFiles, read } from './example.ts';

test('the example comes up with what it names, and the second time does nothing', LONG_TEST, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-datacenter-'));
  for (const [path, text] of Object.entries(exampleFiles())) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof text === 'string' ? text : JSON.stringify(text));
  }
  const { exit, stdout, stderr } = await phoenix(['rehearse', folder, '--json'], {});
  await rm(folder, { recursive: true, force: true });
  expect(stdout, stderr).not.toBe('');
  const { ok, outcomes, commands, second } = JSON.parse(stdout);
  const kinds = new Set(ROWS.map(({ kind }) => kind));
  const ours = outcomes.filter(({ target }: { target: string }) => kinds.has(target.split('/')[0] ?? ''));
  const declared = targetsIn(exampleFiles());
  expect(ours.map(({ target }: { target: string }) => target).sort()).toEqual(declared);
  for (const { target, outcome, reason } of ours) expect([target, outcome, reason]).toEqual([target, 'applied', null]);
  expect({ exit, ok, second }).toEqual({ exit: 0, ok: true, second: { actions: 0 } });
  // Each entry of a set or group is a separate call, and the whole network is one target.
  const isPart = (path: string): boolean => /^\/cluster\/(firewall\/(ipset|groups)\/.|sdn\/(?!ipams|dns))/.test(path);
  const made = commands
    // With secrets on its standard input, pvesh is run by a script: its words follow.
    .map(({ argv }: { argv: string[] }) => (argv[0] === 'perl' ? ['pvesh', ...argv.slice(4)] : argv))
    .filter(
      ([program, verb, path = '', name]: string[]) =>
        (program === 'pvesh' &&
          verb === 'create' &&
          !/\/(download-url|oci-registry-pull)$/.test(path) &&
          !isPart(path)) ||
        (program === 'pvesm' && verb === 'add' && declared.includes(`storage/${name}`)),
    );
  // Each is created by one call, except for permissions, options and the network, which are set, and files, whose call is not counted above.
  expect(made).toHaveLength(
    declared.filter((id) => !/^(acl|datacenter|download|firewall|node|sdn|vnetfirewall)\//.test(id)).length,
  );
});

function targetsIn(files: Files): string[] {
  const { config } = read(files);
  if (config === null) throw new Error('the example is not sound');
  return objectKinds.flatMap((kind) => kind.targets(config).map(({ id }): string => id)).sort();
}
