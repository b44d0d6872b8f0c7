// A file that changed after it was observed: no foreign change is lost, and the step observes again instead of failing.

import { afterEach, expect, test } from 'vitest';
import { lxc } from '../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Host } from '../../../src/ports/host.ts';
import { container, targetOf, wanted } from '../../managers/guests.ts';
import { step } from '../../managers/step.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';

let lab: LabHost;
afterEach(() => lab.close());

const guest = targetOf(container(101, { idMaps: [{ type: 'gid', containerId: 33, hostId: 33, size: 1 }] }));

const CONF = '/etc/pve/lxc/101.conf';

/** Adds a line to the container's configuration file each time before Phoenix writes it, `times` times. */
function overtaking(host: LabHost, times: number): Host {
  let left = times;
  return {
    ...host,
    async writeFile(file) {
      if (file.path === CONF && left > 0) {
        await host.write(CONF, (await host.read(CONF)).replace(/^arch/m, `unused${left}: rpool:kept-${left}\n$&`));
        left -= 1;
      }
      return host.writeFile(file);
    },
  };
}

test('what another step of the run or a person writes meanwhile stays, and the step adds its own', async () => {
  lab = await openLabHost();
  expect(await step(lxc as Manager, overtaking(lab, 2), wanted(guest))).toMatchObject({ outcome: 'applied' });
  const text = await lab.read(CONF);
  expect(text).toContain('unused2: rpool:kept-2\nunused1: rpool:kept-1\n');
  expect(text).toContain('lxc.idmap: g 33 33 1\n');
});

test('against endless changes by another writer the step gives up, and says what is missing', async () => {
  lab = await openLabHost();
  const end = await step(lxc as Manager, overtaking(lab, 1000), wanted(guest));
  expect(end).toMatchObject({ outcome: 'failed' });
  expect(end).toHaveProperty('reason', expect.stringContaining('write the lxc options of container 101'));
  expect(await lab.read(CONF)).not.toContain('lxc.idmap');
});

test('steps that edit one host file concurrently all end up in it, and none makes another fail', async () => {
  lab = await openLabHost();
  await lab.write('/etc/subgid', 'root:100000:65536\nann:200000:1');
  const ids = Array.from({ length: 12 }, (_, n) => 33 + n);
  const ends = await Promise.all(
    ids.map((gid) => {
      const idMaps = [{ type: 'gid', containerId: gid, hostId: gid, size: 1 }] as const;
      return step(lxc as Manager, lab, wanted(targetOf(container(200 + gid, { idMaps }))));
    }),
  );
  for (const end of ends) expect(end).toMatchObject({ outcome: 'applied' });
  const lines = (await lab.read('/etc/subgid')).trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual(['root:100000:65536', 'ann:200000:1']);
  expect(lines.slice(2).sort()).toEqual(ids.map((gid) => `root:${gid}:1`).sort());
});
