// Existing guests that are declared afterwards: what people wrote into them stays, what is declared is set, and nothing that runs is restarted
// without an approval.

import { setRunning } from 'phoenix-lab/state';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lxc } from '../../src/managers/lxc/manager.ts';
import type { Manager, Wanted } from '../../src/managers/manager.ts';
import { vm } from '../../src/managers/vm/manager.ts';
import type { Target } from '../../src/model/target.ts';
import { declaredGuest, type Kind, targetOfWritten } from '../managers/adoption/declared-guest.ts';
import { mainOf, notesIn, pathOf } from '../managers/adoption/round-trip.ts';
import { convergeStep, type End } from '../managers/carry-out.ts';
import { TEMPLATE, wanted } from '../managers/guests.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

/** One command line; a quoted word may contain spaces. */
async function by(line: string): Promise<void> {
  const [program = '', ...args] = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
  const { exit, stderr } = await host.run({ kind: 'command', program, args, timeoutSeconds: 20 });
  expect(exit, `${line}: ${stderr}`).toBe(0);
}

function target(kind: Kind, id: number, written: Record<string, unknown>): Target {
  const declared = targetOfWritten(kind, id, written);
  if ('missing' in declared) throw new Error(declared.missing);
  return declared.target;
}

function apply(ask: Wanted): Promise<End> {
  return convergeStep((ask.target.startsWith('lxc/') ? lxc : vm) as Manager, host, ask);
}

const conf = (kind: Kind, id: number): Promise<string> => host.read(pathOf(kind, id));

/** The file without the mark. */
async function without(kind: Kind, id: number): Promise<string> {
  const text = await conf(kind, id);
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#') && !line.startsWith('tags:'))
    .join('\n');
}

const NAS = {
  name: 'nas',
  memory_mb: 1024,
  storage_pool: 'local-lvm',
  storage_size_gb: 8,
  template: TEMPLATE,
  network_config: { ip: '10.0.0.40/24' },
};

const MAKE_NAS = [
  `pct create 140 ${TEMPLATE} --hostname nas --memory 1024 --rootfs local-lvm:8 --unprivileged 0 --swap 2048`,
  `--net0 name=eth0,bridge=vmbr0,ip=10.0.0.40/24,gw=10.0.0.1,tag=30,rate=50,firewall=1,ip6=auto`,
  `--nameserver 1.1.1.1 --features 'nesting=1,mount=nfs' --tags 'media;nightly' --startup order=2,down=60`,
  `--mp0 /mnt/films,mp=/films,ro=1,backup=0`,
].join(' ');

const MAKE_DESK = [
  'qm create 240 --name desk --memory 4096 --cores 4 --bios ovmf --machine q35 --cpu host --agent 0',
  '--net0 e1000,bridge=vmbr0,queues=4,tag=20 --virtio0 local-lvm:32 --nameserver 9.9.9.9 --ipconfig0 ip=dhcp,ip6=auto',
].join(' ');

const DESK = { name: 'desk', storage_pool: 'local-lvm', template_image: 'x.img' };

describe('existing guests', () => {
  test('are adopted without a change but the mark, when they are declared as they are', async () => {
    const guests = [
      [
        'lxc',
        111,
        `pct create 111 ${TEMPLATE} --hostname dns --memory 512 --cores 1 --rootfs local-lvm:4 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.11/24,gw=10.0.0.1 --unprivileged 1 --onboot 1`,
      ],
      [
        'lxc',
        112,
        `pct create 112 ${TEMPLATE} --hostname proxy --memory 1024 --rootfs rpool:4 --net0 name=eth0,bridge=vmbr1,ip=dhcp,mtu=1400 --features nesting=1,keyctl=1 --tags 'b;A'`,
      ],
      ['lxc', 140, MAKE_NAS],
      [
        'vm',
        211,
        'qm create 211 --name assistant --memory 4096 --bios ovmf --net0 virtio,bridge=vmbr0 --scsi0 local-lvm:32 --onboot 1 --agent 1',
      ],
      ['vm', 240, MAKE_DESK],
      [
        'vm',
        213,
        "qm create 213 --name dev --memory 2048 --scsi0 rpool:8 --net0 virtio,bridge=vmbr0 --ciuser me --ipconfig0 ip=10.0.0.70/24,gw=10.0.0.1 --description '--- by hand'",
      ],
    ] as const;
    for (const [kind, id, line] of guests) {
      await by(line);
      if (id % 2 === 0) setRunning({ dir: host.dir, name: 'pve' }, id, true);
      const before = await without(kind, id);
      const declared = declaredGuest(kind, id, await conf(kind, id), id % 2 === 0);
      if ('missing' in declared) throw new Error(declared.missing);
      expect(await apply(wanted(declared.target))).toMatchObject({ outcome: 'refused', actions: [] });
      expect(await apply(wanted(declared.target, { adopt: true })), line).toMatchObject({ outcome: 'done' });
      expect(await without(kind, id)).toBe(before);
      expect(await apply(wanted(declared.target, { before: declared.target.spec }))).toEqual({
        outcome: 'done',
        actions: [],
      });
    }
    expect(host.commands.filter((line) => /^(pct|qm) (start|stop|shutdown|reboot|destroy)/.test(line))).toEqual([]);
  });

  test('that are declared in a few fields keep everything else', async () => {
    await by(MAKE_NAS);
    await by(MAKE_DESK);
    const [nas, desk] = [await without('lxc', 140), await without('vm', 240)];
    for (const each of [target('lxc', 140, NAS), target('vm', 240, DESK)])
      expect(await apply(wanted(each, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await without('lxc', 140)).toBe(nas);
    expect(await without('vm', 240)).toBe(desk);
    expect(await conf('lxc', 140)).toContain('tags: media;nightly;phoenix\n');
  });

  test('get what is declared, inside a property string too, and keep the rest of it', async () => {
    await by(MAKE_NAS);
    const written = {
      ...NAS,
      swap_mb: 0,
      boot_order: 5,
      tags: ['backup'],
      pct_options: ['keyctl=1', 'mount=cifs'],
      network_config: { ip: 'dhcp', vlan: 31, nameservers: '9.9.9.9 1.1.1.1' },
      mount_points: [{ host_path: '/mnt/films', container_path: '/films', read_only: false }],
    };
    expect(await apply(wanted(target('lxc', 140, written), { adopt: true }))).toMatchObject({ outcome: 'done' });
    const text = (await conf('lxc', 140)).replace(/hwaddr=[0-9A-F:]+/, 'hwaddr=MAC');
    const line = (key: string) => text.split('\n').find((each) => each.startsWith(`${key}:`));
    expect(line('net0')).toBe(
      'net0: name=eth0,bridge=vmbr0,firewall=1,hwaddr=MAC,ip=dhcp,ip6=auto,rate=50,tag=31,type=veth',
    );
    expect(line('features')).toBe('features: nesting=1,mount=nfs;cifs,keyctl=1');
    expect(line('startup')).toBe('startup: order=5,down=60');
    expect(line('tags')).toBe('tags: backup;media;nightly;phoenix');
    expect(line('nameserver')).toBe('nameserver: 9.9.9.9 1.1.1.1');
    expect(line('swap')).toBe('swap: 0');
    expect(line('mp0')).toMatch(/^mp0: \/mnt\/films,mp=\/films,backup=0(,ro=0)?$/);
    expect(text).not.toContain('unprivileged: 1');
  });

  test('lose what was declared once it is no longer declared, and nothing that never was', async () => {
    await by(MAKE_NAS);
    const more = {
      ...NAS,
      swap_mb: 0,
      boot_order: 5,
      tags: ['backup'],
      pct_options: ['keyctl=1', 'mount=cifs'],
      lxc_options: ['lxc.mount.auto: sys:rw'],
      network_config: { ip: '10.0.0.40/24', vlan: 31, searchdomain: 'lan' },
    };
    const first = target('lxc', 140, more);
    expect(await apply(wanted(first, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await apply(wanted(target('lxc', 140, NAS), { before: first.spec }))).toMatchObject({ outcome: 'done' });
    const text = await conf('lxc', 140);
    expect(text).not.toMatch(/swap|searchdomain|keyctl|cifs|backup;|tag=|order|lxc\.mount/);
    expect(text).toMatch(/^features: nesting=1,mount=nfs$/m);
    expect(text).toMatch(/^startup: down=60$/m);
    expect(text).toMatch(/^nameserver: 1\.1\.1\.1$/m);
    expect(text).toContain('rate=50');
  });
});

describe('an existing VM', () => {
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwyRmGDZjcYnSLkJnnnM0xjV1ZqBGYvNQ9s4a8u3Fh1 me';

  test('gets what is declared, keeps the rest, and loses what is no longer declared', async () => {
    await by(MAKE_DESK);
    const found = await without('vm', 240);
    const more = {
      ...DESK,
      cores: 2,
      memory_mb: 8192,
      start_at_boot: true,
      state: 'stopped',
      network_config: { ip: '10.0.0.90/24', gw: '10.0.0.1', bridge: 'vmbr1', mtu: 1400 },
      user_config: { username: 'me', ssh_keys: [KEY] },
      health_check: { command: '/bin/true' },
    };
    const first = target('vm', 240, more);
    expect(await apply(wanted(first, { adopt: true }))).toMatchObject({ outcome: 'done' });
    const text = await conf('vm', 240);
    expect(text).toMatch(/^net0: e1000=[0-9A-F:]+,bridge=vmbr1,mtu=1400,queues=4,tag=20$/m);
    expect(text).toMatch(/^ipconfig0: (?=.*ip=10\.0\.0\.90\/24)(?=.*gw=10\.0\.0\.1)(?=.*ip6=auto)/m);
    // Only the health check of a VM that is kept running needs the agent.
    expect(text).toMatch(/^agent: 0$/m);
    expect(text).toMatch(/^cpu: host$/m);
    const least = target('vm', 240, { ...DESK, state: 'stopped' });
    expect(await apply(wanted(least, { before: first.spec }))).toMatchObject({ outcome: 'done' });
    expect(await apply(wanted(least, { before: least.spec }))).toEqual({ outcome: 'done', actions: [] });
    const after = await without('vm', 240);
    expect(after).not.toMatch(/^(cores|memory|onboot|ciuser|sshkeys):|mtu=|ip=|gw=/m);
    // What was never declared is unchanged, except that a bridge is required.
    const mine = (each: string) =>
      each.split('\n').filter((line) => !/^(cores|memory|net0|ipconfig0):/.test(line) && line !== '');
    expect(mine(after)).toEqual(mine(found));
    expect(after).toMatch(/^net0: e1000=[0-9A-F:]+,bridge=vmbr0,queues=4,tag=20$/m);
    expect(after).toMatch(/^ipconfig0: ip6=auto$/m);
  });

  test('keeps the keys that people gave it beside those that are declared', async () => {
    await by(MAKE_DESK);
    const own = KEY.replace(/me$/, 'somebody').replace('IJwy', 'IJwz');
    await host.write(pathOf('vm', 240), `${await conf('vm', 240)}sshkeys: ${encodeURIComponent(`${own}\n`)}\n`);
    const declared = target('vm', 240, { ...DESK, user_config: { username: 'me', ssh_keys: [KEY] } });
    expect(await apply(wanted(declared, { adopt: true }))).toMatchObject({ outcome: 'done' });
    const keys = /^sshkeys: (.*)$/m.exec(await conf('vm', 240))?.[1] ?? '';
    expect(decodeURIComponent(keys).trim().split('\n')).toEqual([own, KEY]);
  });
});

describe('what people wrote', () => {
  const HTML = "<div align='center'>\n  <h2>NAS</h2>\n</div>\n\n100 % by hand: see wiki";

  test('notes stay, with the mark after them, and the description beside it', async () => {
    await by(MAKE_NAS);
    await host.write(
      pathOf('lxc', 140),
      `#${HTML.replaceAll('\n', '\n#').replace('100 %', '100 %25')}\n${await conf('lxc', 140)}`,
    );
    const described = target('lxc', 140, { ...NAS, description: 'Films for the flat.' });
    expect(await apply(wanted(described, { adopt: true }))).toMatchObject({ outcome: 'done' });
    const notes = notesIn('lxc', await conf('lxc', 140));
    expect(notes.startsWith(`${HTML}\n\n**Kept by Phoenix.**`)).toBe(true);
    expect(notes).toContain('\n\n> Films for the flat.\n\n- phoenix-repository: ');
    expect(await apply(wanted(target('lxc', 140, NAS), { before: described.spec }))).toMatchObject({ outcome: 'done' });
    const later = notesIn('lxc', await conf('lxc', 140));
    expect(later).not.toContain('Films for the flat.');
    expect(later.startsWith(HTML)).toBe(true);
  });

  test('notes that leave no room for the mark are named, and nothing is done', async () => {
    await by(MAKE_NAS);
    await host.write(pathOf('lxc', 140), `#${'x'.repeat(8100)}\n${await conf('lxc', 140)}`);
    const end = await apply(wanted(target('lxc', 140, NAS), { adopt: true }));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('shorten them') });
  });

  test('raw lines stay beside those that are declared', async () => {
    await by(MAKE_NAS);
    const lines = [
      'lxc.cgroup2.devices.allow: c 188:* rwm',
      'lxc.mount.entry: /dev/ttyUSB0 dev/ttyUSB0 none bind,optional,create=file 0 0',
      'lxc.cap.drop:',
    ];
    await host.write(pathOf('lxc', 140), `${await conf('lxc', 140)}${lines.join('\n')}\n`);
    const declared = { ...NAS, lxc_options: ['lxc.cgroup2.devices.allow: c 226:* rwm'] };
    expect(await apply(wanted(target('lxc', 140, declared), { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(
      mainOf(await conf('lxc', 140))
        .split('\n')
        .filter((line) => line.startsWith('lxc.')),
    ).toEqual(
      [...lines, 'lxc.cgroup2.devices.allow: c 226:* rwm'].map((line) =>
        line === 'lxc.cap.drop:' ? expect.stringMatching(/^lxc\.cap\.drop: ?$/) : line,
      ),
    );
  });

  test('a change that waits stays, unless it is about what is declared', async () => {
    await by(MAKE_NAS);
    setRunning({ dir: host.dir, name: 'pve' }, 140, true);
    await by('pct set 140 --tty 4 --features nesting=1,mount=nfs,fuse=1 --searchdomain lan --delete nameserver');
    const declared = { ...NAS, state: 'running', network_config: { ...NAS.network_config, searchdomain: 'home' } };
    const waiting = (text: string) => text.split('[pve:pending]')[1] ?? '';
    const quiet = target('lxc', 140, { ...NAS, state: 'running', pct_options: ['nesting=1'] });
    const before = waiting(await conf('lxc', 140));
    expect(await apply(wanted(quiet, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(waiting(await conf('lxc', 140))).toBe(before);
    // Another search domain would need a restart, which adopting does not cause.
    const blocked = await apply(wanted(target('lxc', 140, declared), { adopt: true }));
    expect(blocked).toMatchObject({ outcome: 'refused', actions: [] });
    // The value in force, none, is the declared one: a pending change of it is reverted, and other pending changes stay.
    const without = target('lxc', 140, { ...NAS, state: 'running' });
    const was = { before: target('lxc', 140, declared).spec };
    expect(await apply(wanted(without, was))).toMatchObject({ outcome: 'done' });
    const after = waiting(await conf('lxc', 140));
    expect(after).not.toContain('searchdomain');
    expect(after).toContain('tty: 4');
    expect(after).toContain('fuse=1');
  });

  test('values that cloud-init has not brought yet are no reason to restart', async () => {
    await by(
      'qm create 213 --name dev --memory 2048 --scsi0 rpool:8 --ide2 rpool:cloudinit --net0 virtio,bridge=vmbr0 --ipconfig0 ip=dhcp',
    );
    setRunning({ dir: host.dir, name: 'pve' }, 213, true);
    await by('qm set 213 --ipconfig0 ip=10.0.0.71/24,gw=10.0.0.1');
    expect(await conf('vm', 213)).toContain('[special:cloudinit]');
    const each = target('vm', 213, {
      ...DESK,
      name: 'dev',
      storage_pool: 'rpool',
      state: 'running',
      network_config: { ip: '10.0.0.71/24', gw: '10.0.0.1' },
    });
    expect(await apply(wanted(each, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await apply(wanted(each, { before: each.spec }))).toEqual({ outcome: 'done', actions: [] });
  });
});

describe('a guest that runs', () => {
  test('is not restarted by its adoption, unless that was approved', async () => {
    await by(MAKE_NAS);
    setRunning({ dir: host.dir, name: 'pve' }, 140, true);
    const written = { ...NAS, state: 'running', pct_options: ['fuse=1'] };
    const ask = wanted(target('lxc', 140, written), { adopt: true });
    const found = await conf('lxc', 140);
    const end = await apply(ask);
    expect(end).toMatchObject({ outcome: 'refused', actions: [] });
    expect(end).toHaveProperty('reason', expect.stringContaining('has to be restarted for what is declared'));
    expect(await conf('lxc', 140)).toBe(found);
    expect(await apply({ ...ask, mayInterrupt: true })).toMatchObject({ outcome: 'done' });
    expect(await conf('lxc', 140)).toContain('fuse=1');
  });

  test('is not shut down because it is declared as stopped', async () => {
    await by(MAKE_DESK);
    setRunning({ dir: host.dir, name: 'pve' }, 240, true);
    const ask = wanted(target('vm', 240, { ...DESK, state: 'stopped' }), { adopt: true });
    expect(await apply(ask)).toMatchObject({
      outcome: 'refused',
      actions: [],
      reason: expect.stringContaining('shuts it down'),
    });
    expect(await apply({ ...ask, mayInterrupt: true })).toMatchObject({ outcome: 'done' });
    expect(host.commands.some((line) => line.startsWith('qm shutdown 240'))).toBe(true);
  });

  test('is not recreated for a default value, and only with an approval for a declared one', async () => {
    await by(MAKE_NAS);
    expect(await apply(wanted(target('lxc', 140, NAS), { adopt: true }))).toMatchObject({ outcome: 'done' });
    const end = await apply(wanted(target('lxc', 140, { ...NAS, unprivileged: true }), { adopt: true }));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('recreated') });
  });
});

describe('a firewall that people wrote', () => {
  const PATH = '/etc/pve/firewall/140.fw';
  const FILE =
    '[OPTIONS]\n\nmacfilter: 0\nenable: 1\nndp: 1\n\n[ALIASES]\n\nlan 10.0.0.0/24\n\n[RULES]\n\nIN ACCEPT -p tcp -dport 22\n';

  test('stays where none is declared', async () => {
    await by(MAKE_NAS);
    await host.write(PATH, FILE);
    expect(await apply(wanted(target('lxc', 140, NAS), { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await host.read(PATH)).toBe(FILE);
  });

  test('stays byte for byte where the declared one filters alike', async () => {
    await by(MAKE_NAS);
    await host.write(PATH, FILE);
    const rules = [{ type: 'in', action: 'ACCEPT', proto: 'tcp', port: 22 }];
    const same = target('lxc', 140, { ...NAS, firewall: { enabled: true, rules } });
    expect(await apply(wanted(same, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await host.read(PATH)).toBe(FILE);
  });

  test('gets the declared rules and policies, and keeps its other options and names', async () => {
    await by(MAKE_NAS);
    await host.write(PATH, FILE);
    const rules = [{ type: 'in', action: 'ACCEPT', proto: 'tcp', port: 443 }];
    const other = target('lxc', 140, { ...NAS, firewall: { policy_in: 'REJECT', rules } });
    expect(await apply(wanted(other, { adopt: true }))).toMatchObject({ outcome: 'done' });
    const text = await host.read(PATH);
    expect(text).toContain('policy_in: REJECT\n');
    expect(text).toContain('macfilter: 0\nndp: 1\n');
    expect(text).toContain('[ALIASES]\nlan 10.0.0.0/24\n');
    expect(text).toContain('IN ACCEPT -p tcp -dport 443\n');
    expect(text).not.toContain('-dport 22');
    expect(await apply(wanted(other, { before: other.spec }))).toEqual({ outcome: 'done', actions: [] });
  });
});
