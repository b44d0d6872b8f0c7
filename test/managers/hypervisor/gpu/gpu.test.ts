// The driver of the host's GPUs is reported, never installed by a push.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { gone, wanted } from '../../guests.ts';
import { manager, partOf, withHost } from '../parts.ts';

const FILE = '/proc/driver/nvidia/version';
const target = partOf(withHost({ nvidia: { install: true, version: '570.86.15', runfileUrl: null } }), 'gpu');
const REMEDY = 'phoenix setup --install-gpu-driver on the host installs 570.86.15';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

const OLD = `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
`;
const OPEN = `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (root@pve)
GCC version:  gcc version 14.2.0 (Debian 14.2.0-19)
`;

test.each([
  ['no driver', null, `the host runs no NVIDIA driver: ${REMEDY}`],
  ['another version', OLD, `the host runs NVIDIA driver 550.54.14: ${REMEDY}`],
  ['no version in it', 'GCC version:  gcc version 12.2.0\n', `the host runs no NVIDIA driver: ${REMEDY}`],
])('%s waits for a person', async (_, text, reason) => {
  if (text !== null) await host.write(FILE, text);
  expect(await convergeStep(manager, host, wanted(target))).toEqual({ outcome: 'refused', reason, actions: [] });
});

test.each([
  ['of NVIDIA alone', OLD.replace('550.54.14', '570.86.15')],
  ['with an open module', OPEN],
])('the version that is asked for is enough, %s', async (_, text) => {
  await host.write(FILE, text);
  const ask = wanted(target);
  expect(manager.decide(ask, manager.quickCheck(await manager.inventory(host), ask))).toEqual({
    kind: 'actions',
    actions: [],
  });
  expect(await convergeStep(manager, host, ask)).toEqual({ outcome: 'done', actions: [] });
});

test('a driver that is no longer asked for stays', async () => {
  await host.write(FILE, OPEN);
  expect(await convergeStep(manager, host, gone(target))).toEqual({ outcome: 'done', actions: [] });
});

test('where it is not to be installed, nothing is asked', () => {
  const config = withHost({ nvidia: { install: false, version: '570.86.15', runfileUrl: null } });
  expect(() => partOf(config, 'gpu')).toThrow('nothing asks for hypervisor/gpu');
});
