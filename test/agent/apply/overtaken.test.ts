// A file that somebody else changed after it was looked at: nothing of theirs is lost, and the step looks again instead of failing.

import { afterEach, expect, test } from 'vitest';
import { lxc } from '../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Host } from '../../../src/ports.ts';
import { container, targetOf, wanted } from '../../managers/guests.ts';
import { step } from '../../managers/step.ts';
import { type LabHost, openLabHost } from '../../support/lab-host.ts';

let lab: LabHost;
afterEach(() => lab.close());

const guest = targetOf(container(101, { idMaps: [{ type: 'gid', containerId: 33, hostId: 33, size: 1 }] }));

/** Somebody adds a line to /etc/subgid each time before Phoenix writes it, `times` times. */
function overtaking(host: LabHost, times: number): Host {
  let left = times;
  return {
    ...host,
    async writeFile(file) {
      if (file.path === '/etc/subgid' && left > 0) {
        const before = (await host.readFile('/etc/subgid')) ?? 'root:100000:65536\n';
        await host.write('/etc/subgid', `${before}ann:${200_000 + left}:1\n`);
        left -= 1;
      }
      return host.writeFile(file);
    },
  };
}

test('what another step of the run or a person writes meanwhile stays, and ours is added to it', async () => {
  lab = await openLabHost();
  expect(await step(lxc as Manager, overtaking(lab, 2), wanted(guest))).toMatchObject({ outcome: 'applied' });
  expect(await lab.read('/etc/subgid')).toBe('root:100000:65536\nann:200002:1\nann:200001:1\nroot:33:1\n');
});

test('one who never stops is given way to, and the step says what it lacks', async () => {
  lab = await openLabHost();
  const end = await step(lxc as Manager, overtaking(lab, 1000), wanted(guest));
  expect(end).toMatchObject({ outcome: 'failed' });
  expect(end).toHaveProperty('reason', expect.stringContaining('let container 101 map its ids in /etc/subgid'));
  expect(await lab.read('/etc/subgid')).not.toContain('root:33:1');
});
