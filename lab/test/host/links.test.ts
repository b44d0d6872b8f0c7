// The network programs of the lab's node: the kernel follows the files only after a reload, and timers are set once.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../test/support/host/lab-host.ts';
import { manageBy } from '../../src/host/links/manage.ts';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

function run(line: string) {
  const [program = '', ...args] = line.split(' ');
  return host.run({ kind: 'command', program, args, timeoutSeconds: 10 });
}

const names = async () =>
  (JSON.parse((await run('ip -j address show')).stdout) as { ifname: string }[]).map(({ ifname }) => ifname);

test('a bridge exists once the files are loaded', async () => {
  await host.write('/etc/network/interfaces.d/own', 'auto vmbr5\niface vmbr5 inet manual\n\tbridge-ports none\n');
  expect(await names()).toEqual(['lo', 'eno1', 'vmbr0', 'vmbr1']);
  expect(await run('ifreload --syntax-check -a')).toMatchObject({ exit: 0 });
  expect(await names()).not.toContain('vmbr5');
  expect(await run('ifreload -a')).toMatchObject({ exit: 0 });
  expect(await names()).toEqual(['lo', 'eno1', 'vmbr0', 'vmbr1', 'vmbr5']);
});

test('what ifupdown2 does not know is reported', async () => {
  await host.write('/etc/network/interfaces.d/own', 'auto vmbr5\niface vmbr5 inet static\n\tadress 10.5.0.1/24\n');
  expect(await run('ifreload -a --syntax-check')).toMatchObject({
    exit: 1,
    stderr: 'error: /etc/network/interfaces.d/own: iface vmbr5: unsupported keyword (adress)\n',
  });
});

test('a timer starts an existing unit, and is set once', async () => {
  const set = 'systemd-run --on-active=60 --unit=own';
  expect(await run(set)).toMatchObject({ exit: 1, stderr: expect.stringContaining('Unit own.service not found') });
  await host.write(
    '/run/systemd/system/own.service',
    '[Service]\nType=oneshot\nExecStart=/usr/bin/rm -f /root/there\n',
  );
  await host.write('/root/there', '');
  expect(await run(set)).toMatchObject({ exit: 0 });
  expect(await run(set)).toMatchObject({ exit: 1, stderr: expect.stringContaining('already loaded') });
  expect(await host.has('/root/there')).toBe(true);
  expect(await run('systemctl start own')).toMatchObject({ exit: 0 });
  expect(await host.has('/root/there')).toBe(false);
  expect(await run('systemctl stop own.timer')).toMatchObject({ exit: 0 });
  expect(await run(set)).toMatchObject({ exit: 0 });
});

test.each([
  ['ifreload', 2],
  ['ifreload -a --hard', 2],
  ['ip route', 1],
  ['systemd-run --on-active=soon --unit=own', 1],
  ['systemd-run --on-active=1 --unit=own --scope', 1],
])('%s is refused', async (line, exit) => {
  expect(await run(line)).toMatchObject({ exit });
});

test('the network of a new node is the declared one until somebody changes it', async () => {
  manageBy(host.dir, { name: 'vmbr0', address: '192.168.1.2/24', gateway: '192.168.1.1' });
  const found = JSON.parse((await run('ip -j address show')).stdout) as { ifname: string; addr_info: unknown[] }[];
  expect(found.find(({ ifname }) => ifname === 'vmbr0')?.addr_info).toMatchObject([{ local: '192.168.1.2' }]);
  manageBy(host.dir, { name: 'vmbr0', address: '192.168.9.9/24', gateway: null });
  expect(await host.read('/etc/network/interfaces')).toContain('192.168.1.2/24');
});

test('a node that is managed by another interface keeps its bridge', async () => {
  manageBy(host.dir, { name: 'eno2', address: 'fd00::2/64', gateway: null });
  expect(await names()).toEqual(['lo', 'eno1', 'vmbr0', 'vmbr1', 'eno2']);
  expect(await host.read('/etc/network/interfaces')).toMatch(
    /auto eno2\niface eno2 inet6 static\n\taddress fd00::2\/64\n$/,
  );
});
