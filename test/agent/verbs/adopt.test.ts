// Adoption by the agent: an existing, running guest is adopted without a change, and anything that would restart it waits for an approval.

import { openNode, pct } from 'phoenix-lab/state';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as managers from '../../../src/managers/index.ts';
import { targetId } from '../../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { type Lab, openLab } from '../../support/host/lab.ts';
import { LONG_TEST } from '../../support/long.ts';

let lab: Lab;
let phoenix: Phoenix;
beforeEach(async () => {
  lab = await openLab('here');
  phoenix = await startPhoenix({ host: lab.host, managers, options: { leaseSeconds: 10 } });
  const args = ['create', '104', 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', '--hostname', 'guest-104'];
  const more = ['--memory', '512', '--cores', '1', '--rootfs', 'local-lvm:4', '--swap', '64', '--tags', 'mine'];
  const net = ['--net0', 'name=eth0,bridge=vmbr0,ip=dhcp,rate=10', '--features', 'keyctl=1', '--unprivileged', '1'];
  const node = openNode(lab.folder);
  for (const argv of [
    [...args, ...more, ...net],
    ['start', '104'],
  ])
    expect(pct(node, argv, () => Buffer.alloc(0))).toMatchObject({ rc: 0 });
  lab.news();
});
afterEach(async () => {
  await phoenix.stop();
  await lab.close();
});

const GUEST = { state: 'running', firewall: undefined, network_config: { ip: 'dhcp' } };
const verbs = (): string[] => lab.news().map((line) => line.split(' ').slice(0, 2).join(' '));

test('a guest that is as declared gets its mark, and a later push finds nothing to do', async () => {
  await phoenix.push(environment({ 104: GUEST }));
  expect(verbs()).toEqual([]);
  const run = await phoenix.agent().command({ verb: 'adopt', targets: ['104'], by: 'ann' });
  await phoenix.reached(run, 'succeeded');
  expect(verbs()).toEqual(['pct set']);
  expect(lab.guest(104)).toMatch(/^swap: 64$/m);
  expect(lab.guest(104)).toContain('rate=10');
  await phoenix.push({ ...environment({ 104: GUEST }), 'README.md': 'x' });
  expect(verbs()).toEqual([]);
});

test('a guest that would be restarted waits for an approval, unchanged', LONG_TEST, async () => {
  const files = environment({ 104: { ...GUEST, pct_options: ['nesting=1'] } });
  await phoenix.push(files);
  const run = await phoenix.agent().command({ verb: 'adopt', targets: ['104'], by: 'ann' });
  await phoenix.reached(run, 'blocked');
  expect((await phoenix.ledger.run(run))?.steps[0]?.reason).toContain('has to be restarted for what is declared');
  expect(verbs()).toEqual([]);
  await phoenix.agent().approve(run, targetId('lxc', 104), 'ann');
  await phoenix.reached(run, 'succeeded');
  expect(verbs()).toEqual(['pct set', 'pct shutdown', 'pct start']);
  expect(lab.guest(104)).toMatch(/^features: keyctl=1,nesting=1$/m);
});
