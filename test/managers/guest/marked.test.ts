// Guests that carry the mark of Phoenix are found on the host, with what their mark says, whether or not they are declared.

import { expect, test } from 'vitest';
import { markedGuests, sharedWith } from '../../../src/managers/guest/observe/marked.ts';
import { OWNER_TAG, printNotes } from '../../../src/managers/guest/observe/notes.ts';
import { networksOf } from '../../../src/managers/guest/proxmox/network.ts';
import { type TargetId, targetId } from '../../../src/model/ids.ts';
import { container } from '../guests.ts';

const REPOSITORY = 'https://git.example/team/config';
const VM = targetId('vm', 901);

function conf(lines: readonly string[], target: string, tag = OWNER_TAG): string {
  const notes = { text: '', repository: REPOSITORY, target, commit: 'c', building: false, scripts: null };
  const written = printNotes(notes).split('\n');
  return [...written.map((line) => `#${line.replaceAll(':', '%3A')}`), ...lines, `tags: ${tag}`, ''].join('\n');
}

const FILES = new Map([
  [
    '/etc/pve/lxc/199.conf',
    conf(['hostname: web', 'net0: name=eth0,hwaddr=BC:24:11:00:00:01,ip=10.0.0.5/24,ip6=fd00::5/64'], 'lxc/101'),
  ],
  [
    '/etc/pve/qemu-server/901.conf',
    conf(
      ['name: db', 'net0: virtio=BC:24:11:00:00:02,bridge=vmbr0', 'ipconfig0: ip=10.0.0.6/24,gw=10.0.0.1'],
      'vm/801',
    ),
  ],
  ['/etc/pve/qemu-server/902.conf', conf(['name: own', 'net0: virtio=BC:24:11:00:00:03'], 'vm/902', 'theirs')],
  ['/etc/pve/firewall/901.fw', '[OPTIONS]\n'],
]);

const networkOf = (network: ReturnType<typeof container>['network']) => networksOf(network, [], false).network_config;
const share = (
  net: { ip: `${string}/${string}` | 'dhcp' | null; mac: string | null },
  declared: readonly TargetId[] = [],
) => {
  const network_config = networkOf({ ...container(101).network, ...net });
  const networks = { network_config, networks: [] };
  const found = sharedWith(markedGuests(FILES, REPOSITORY), targetId('lxc', 101), networks, (id) =>
    declared.includes(id),
  );
  return found === null ? null : [found.guest.target, found.address];
};

test('both kinds are found with what their mark says, and no others', () => {
  expect(markedGuests(FILES, REPOSITORY).map(({ target, name, markedAs }) => [target, name, markedAs])).toEqual([
    ['lxc/199', 'web', 'lxc/101'],
    ['vm/901', 'db', 'vm/801'],
  ]);
  expect(markedGuests(FILES, 'https://git.example/team/other')).toEqual([]);
});

test('shared addresses are found for each kind of address', () => {
  expect(share({ ip: '10.0.0.5/24', mac: null })).toEqual(['lxc/199', '10.0.0.5']);
  expect(share({ ip: 'fd00::5/64', mac: null })).toEqual(['lxc/199', 'fd00::5']);
  expect(share({ ip: '10.0.0.6/16', mac: null })).toEqual([VM, '10.0.0.6']);
  expect(share({ ip: 'dhcp', mac: 'bc:24:11:00:00:02' })).toEqual([VM, 'BC:24:11:00:00:02']);
  expect(share({ ip: 'dhcp', mac: 'BC:24:11:00:00:03' })).toBeNull();
  expect(share({ ip: '10.0.0.7/24', mac: null })).toBeNull();
  expect(share({ ip: null, mac: null })).toBeNull();
});

test('a declared guest is ignored here: the rules of addresses cover it', () => {
  expect(share({ ip: '10.0.0.6/24', mac: null }, [VM])).toBeNull();
});
