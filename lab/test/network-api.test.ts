// The node's network and the software-defined network by the API where no recorded session is at hand: what is pending, put in force and taken back.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab } from '../host.ts';
import { runnerHere } from './run-here.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-network-'));
  createLab(dir, { programs: false });
});
afterEach(() => rmSync(dir, { recursive: true }));

const MAIN = 'etc/network/interfaces';
const NEW = `${MAIN}.new`;
const NETWORK = '/nodes/pve/network';
const read = (file: string) => readFileSync(join(dir, file), 'utf8');
const run = async (verb: string, path: string, line = '') =>
  runnerHere(dir)(['pvesh', verb, path, ...line.split(' ').filter((word) => word !== '')]);
const json = async (path: string, line = '') =>
  JSON.parse((await run('get', path, `${line} --output-format json`)).stdout);
const stanza = (name: string) =>
  read(NEW)
    .split('\n\n')
    .find((part) => part.includes(`iface ${name} `));

describe("the node's network", () => {
  test('changes wait in a file until they are reloaded, or are taken back', async () => {
    const before = read(MAIN);
    expect((await run('create', NETWORK, '--iface vmbr2 --type bridge --cidr 10.2.0.1/24 --autostart 1')).exit).toBe(0);
    expect(read(MAIN)).toBe(before);
    expect(stanza('vmbr2')).toBe(
      'auto vmbr2\niface vmbr2 inet static\n\taddress 10.2.0.1/24\n\tbridge-ports none\n\tbridge-stp off\n\tbridge-fd 0',
    );
    expect(await json(`${NETWORK}/vmbr2`)).toMatchObject({ cidr: '10.2.0.1/24', method: 'static', type: 'bridge' });
    expect((await run('delete', NETWORK)).exit).toBe(0);
    expect(existsSync(join(dir, NEW))).toBe(false);
    expect((await run('delete', NETWORK)).exit).toBe(0);
    expect((await run('get', `${NETWORK}/vmbr2`)).stderr).toContain('iface: interface does not exist');
    await run('create', NETWORK, '--iface vmbr2 --type bridge --autostart 1');
    expect((await run('set', NETWORK)).stdout).toContain('srvreload');
    expect(existsSync(join(dir, NEW))).toBe(false);
    expect((await runnerHere(dir)(['ip', '-j', 'address', 'show'])).stdout).toContain('"vmbr2"');
  });

  test('what people wrote stays: options that the API does not know, comments, lines of others, both families', async () => {
    const own =
      'iface eno1 inet manual\n\tethtool-ring-rx 4096\n# the card\n\niface vmbr9 inet6 dhcp\n\tbridge_ports eno5.7\n\n';
    writeFileSync(
      join(dir, MAIN),
      `${own}mapping eth0\n\nauto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n`,
    );
    await run('create', NETWORK, '--iface eno5 --type eth');
    expect(
      read(NEW)
        .replace(/^#.*\n/gm, '')
        .trimStart(),
    ).toBe(
      'mapping eth0\n\nauto lo\niface lo inet loopback\n\niface eno1 inet manual\n\tethtool-ring-rx 4096\n\niface eno5 inet manual\n\niface vmbr9 inet6 dhcp\n\tbridge-ports eno5.7\n\tbridge-stp off\n\tbridge-fd 0\n\nsource /etc/network/interfaces.d/*\n',
    );
    expect(read(NEW)).toContain('\tethtool-ring-rx 4096\n# the card\n');
  });

  test.each([
    [
      'create',
      NETWORK,
      '--iface bond0 --type bond --slaves eno9',
      "wrong interface type on slave 'eno9' ('' != 'eth or bond')",
    ],
    ['create', NETWORK, '--iface bond0 --type bond --slaves eno1', 'slaves: eno1 is already used on interface'],
    [
      'create',
      NETWORK,
      '--iface vmbr0.7 --type vlan --mtu 9000',
      "interface 'vmbr0' - mtu 1500 is lower than 'vmbr0.7' - mtu 9000",
    ],
    [
      'create',
      NETWORK,
      '--iface vmbr3 --type bridge --cidr 10.3.0.1/24 --address 10.3.0.1 --netmask 255.255.255.0',
      'address conflicts with cidr',
    ],
    ['create', NETWORK, '--iface vmbr3 --type bridge --cidr6 ff02::1/64', "address: ff02::1 with type 'MULTICAST'"],
    [
      'set',
      `${NETWORK}/vmbr1`,
      '--type bridge --gateway 10.9.0.1',
      "gateway: Default gateway already exists on interface 'vmbr0'.",
    ],
    ['delete', `${NETWORK}/vmbr7`, '', 'iface: interface does not exist'],
  ])('refuses %s %s %s', async (verb, path, line, words) => {
    const { exit, stderr } = await run(verb, path, line);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(words);
    expect(existsSync(join(dir, NEW))).toBe(false);
  });
});

describe('the software-defined network', () => {
  test('tells what runs, what waits, and goes back to what runs', async () => {
    await run('create', '/cluster/sdn/zones', '--zone lan --type simple --nodes pve');
    await run('create', '/cluster/sdn/vnets', '--vnet v1 --zone lan');
    expect(await json('/cluster/sdn/vnets', '--running 1')).toEqual([]);
    expect(await json('/cluster/sdn/zones/lan', '--pending 1')).toEqual({
      zone: 'lan',
      type: 'simple',
      state: 'new',
      pending: { nodes: 'pve' },
      digest: null,
    });
    await run('set', '/cluster/sdn');
    const running = read('etc/pve/sdn/vnets.cfg');
    await run('set', '/cluster/sdn/vnets/v1', '--alias front');
    await run('create', '/cluster/sdn/vnets/v1/subnets', '--subnet 10.1.0.0/24 --type subnet --gateway 10.1.0.1');
    expect(await json('/cluster/sdn/vnets', '--pending 1')).toMatchObject([
      { vnet: 'v1', state: 'changed', pending: { alias: 'front' } },
    ]);
    expect(await json('/cluster/sdn/vnets/v1/subnets')).toMatchObject([
      { cidr: '10.1.0.0/24', network: '10.1.0.0', mask: '24', zone: 'lan' },
    ]);
    await run('create', '/cluster/sdn/rollback');
    expect(read('etc/pve/sdn/vnets.cfg')).toBe(running);
    expect(await json('/cluster/sdn/vnets/v1/subnets')).toEqual([]);
    expect((await run('get', '/cluster/sdn/vnets/v1/subnets/lan-10.1.0.0-24')).stderr).toContain(
      "sdn subnet 'lan-10.1.0.0-24' does not exist",
    );
    expect((await run('get', '/cluster/sdn/vnets/v2')).stderr).toContain("sdn vnet 'v2' does not exist");
  });

  test('a zone with DHCP reloads no network without dnsmasq, by whichever call', async () => {
    await run('create', '/cluster/sdn/zones', '--zone lan --type simple --dhcp dnsmasq --ipam pve');
    await run('create', '/cluster/sdn/vnets', '--vnet v1 --zone lan');
    const problem = "cannot reload with missing 'dnsmasq' package";
    expect(await run('set', '/cluster/sdn')).toMatchObject({ exit: 0, stdout: expect.stringContaining(problem) });
    expect(read('etc/network/interfaces.d/sdn')).toContain('iface v1\n\tbridge_ports none');
    expect(await run('set', NETWORK)).toMatchObject({ exit: 0, stderr: expect.stringContaining(problem) });
    await runnerHere(dir)(['apt-get', '-y', 'install', 'dnsmasq']);
    expect((await run('set', NETWORK)).stderr).toBe('');
  });
});
