// Injections into files of the host, and text that a program of the host rejects: refused at its line, refused again by the writer, and the previous
// state stays or is restored, even if a run dies in between.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withBlock } from '../../../src/managers/hypervisor/block.ts';
import type { NfsExport } from '../../../src/managers/hypervisor/declared.ts';
import { exportsText } from '../../../src/managers/hypervisor/nfs/exports.ts';
import type { Target } from '../../../src/model/target.ts';
import { loadFiles } from '../../load/environment.ts';
import { convergeStep } from '../../managers/carry-out.ts';
import { gone, wanted } from '../../managers/guests.ts';
import { manager, partOf, withHost } from '../../managers/hypervisor/host.ts';
import { asWorker } from '../../managers/step.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { CERTIFICATES, HYPERVISOR, KEY, LXC, STACK, VM, wholeEnvironment } from '../whole-environment.ts';

const OTHER = KEY.replace('ada@example.internal', 'mallory@example.com');

describe('text that would change the syntax of a host file is refused at its line', () => {
  const cases: readonly (readonly [what: string, file: string, pointer: string, value: unknown])[] = [
    ['a second key after a line break', HYPERVISOR, '/users/ssh_public_key', `${KEY}\n${OTHER}`],
    ['a key that ends the block of ours', HYPERVISOR, '/users/ssh_public_key', `${KEY}\n# END Phoenix\n${OTHER}`],
    ['a key after a carriage return', VM, '/vms/0/user_config/ssh_keys/0', `${KEY}\r${OTHER}`],
    ['what is no key', VM, '/vms/0/user_config/ssh_keys/0', 'command="id" all of them'],
    ['a path of a share that takes the next line in', HYPERVISOR, '/samba/shares/0/path', '/tank/data\\'],
    ['a share outside of its folder', HYPERVISOR, '/samba/shares/0/path', '../../etc'],
    ['a share with a variable of Samba', HYPERVISOR, '/samba/shares/0/path', 'data/%U'],
    ['a share that is Samba’s own section', HYPERVISOR, '/samba/shares/0/name', 'global'],
    ['a share that begins another', HYPERVISOR, '/samba/shares/0/name', 'a]\n[b'],
    ['a port of a bridge that takes the next line in', HYPERVISOR, '/network/bridges/0/ports/0', 'eno2\\'],
    ['a port of a bridge that is a pattern', HYPERVISOR, '/network/bridges/0/ports/0', 'regex'],
    ['an export with an id that is none', HYPERVISOR, '/nfs/exports/0/options/0', 'anonuid=abc'],
    ['an export with an option that takes no value', HYPERVISOR, '/nfs/exports/0/options/0', 'ro=1'],
    ['an export for a client that is an option', HYPERVISOR, '/nfs/exports/0/clients/0', '-rw'],
    ['a dataset that is mounted elsewhere', HYPERVISOR, '/zfs/datasets/1/properties', { mountpoint: '/tank/../etc' }],
    ['a property of a dataset that is an option', HYPERVISOR, '/zfs/datasets/1/properties', { '-o': 'x' }],
    ['an image that is an option of docker', HYPERVISOR, '/docker/portainer_agent_image', '--privileged'],
    ['a time zone that is an option', HYPERVISOR, '/timezone', '-h'],
    ['a comma in a folder of a mount', LXC, '/lxc_configs/101/mount_points/0/host_path', '/srv/a,ro=1'],
    ['an equals sign in a folder of a mount', LXC, '/lxc_configs/101/mount_points/0/host_path', '/srv/a=b'],
    ['a comma in a place of a mount', LXC, '/lxc_configs/101/mount_points/0/container_path', '/b,backup=0'],
    ['a comma in a place of a volume', LXC, '/lxc_configs/101/zfs_volumes/0/mount_point', '/data,backup=1'],
    ['a comma in a bridge', LXC, '/lxc_configs/101/network_config/bridge', 'vmbr0,tag=7'],
    ['a comma in an interface', LXC, '/lxc_configs/101/network_config/name', 'eth0,firewall=0'],
    ['a comma in a feature', LXC, '/lxc_configs/101/pct_options/0', 'nesting=1,mknod=1'],
    ['a second raw line', LXC, '/lxc_configs/101/lxc_options/0', 'lxc.a: b\nlxc.hook.start: /bin/sh'],
    ['a model that is an option', LXC, '/lxc_configs/101/vllm_engine_config/ModelConfig', { model: '--help' }],
    ['a template outside of its folder', LXC, '/lxc_configs/101/template', 'local:vztmpl/../../../root/x'],
    ['a second line in a comment of a rule', LXC, '/lxc_configs/101/firewall/rules/0/comment', 'a\nIN ACCEPT'],
    ['a comma in a bridge of a VM', VM, '/vms/1/network_config/bridge', 'vmbr0,tag=7'],
    ['options of a mount in its path', VM, '/vms/1/volumes/0/path', '/tank/data/1001 /etc nfs rw'],
    ['options of a mount in its place', VM, '/vms/1/volumes/0/mount_point', '/data nfs exec'],
    ['a stack outside of its folder', VM, '/vms/1/docker_stacks/0', '../../etc'],
    ['a variable of nginx in a path', CERTIFICATES, '/0/cert_path', '/tank/certs/101/$host.crt'],
    ['a template of Traefik in a path', CERTIFICATES, '/1/key_path', '/tank/data/certs/{{env "HOME"}}.key'],
    ['a variable by which Phoenix knows its own', STACK, '/environments/production/variables/0/name', 'PHOENIX_TARGET'],
    ['a second variable of a stack', STACK, '/environments/production/variables/0/value', '8000\nADMIN=1'],
    ['a third part of a bind', STACK, '/environments/production/files/0/destination_in_container', '/etc:rw'],
  ];
  test.each(cases)('%s', (_, file, pointer, value) => {
    const files = wholeEnvironment();
    const keys = pointer.slice(1).split('/');
    let parent = files[file];
    for (const key of keys.slice(0, -1)) parent = parent[key];
    parent[keys.at(-1) ?? ''] = value;
    const { config, problems } = loadFiles(files);
    expect(config).toBeNull();
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors[0]).toMatchObject({ code: 'INVALID_VALUE', file });
    expect(errors[0]?.path.startsWith(pointer)).toBe(true);
    expect(errors[0]?.line).toBeGreaterThan(1);
  });

  test('and the original text is accepted', () => {
    expect(loadFiles(wholeEnvironment()).config).not.toBeNull();
  });
});

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

/** As a worker of the agent carries it out, with the way back. */
function step(target: Target, undeclared = false) {
  return asWorker(manager, host, undeclared ? gone(target) : wanted(target));
}

const run = (program: string, ...args: string[]) => host.run({ kind: 'command', program, args, timeoutSeconds: 10 });

describe('the managed block of a file', () => {
  const KEYS = '/home/ada/.ssh/authorized_keys';
  const user = { username: 'ada', passwordHash: null, sudo: false, sshPublicKey: KEY };
  const target = partOf(withHost({ user }), 'users');

  test('loses a key that an older version wrote after a forged end mark, and the rest of the file stays', async () => {
    expect(await step(target)).toMatchObject({ outcome: 'applied' });
    const [begin, , end] = (await host.read(KEYS)).split('\n');
    const planted = [begin, KEY, '# END Phoenix', OTHER, end, OTHER, end, ''].join('\n');
    await host.write(KEYS, `ssh-ed25519 THEIRS\n${planted}ssh-ed25519 THEIRS too\n`);
    expect(await step(target)).toMatchObject({ outcome: 'applied' });
    expect(await host.read(KEYS)).toBe(`ssh-ed25519 THEIRS\n${begin}\n${KEY}\n${end}\nssh-ed25519 THEIRS too\n`);
    expect(await step(target)).toMatchObject({ outcome: 'unchanged' });
    expect(await step(target, true)).toMatchObject({ outcome: 'applied' });
    expect(await host.read(KEYS)).toBe('ssh-ed25519 THEIRS\nssh-ed25519 THEIRS too\n');
  });

  test('contains no text that would end it', async () => {
    for (const line of ['# END Phoenix', '# BEGIN Phoenix', 'a\nb', 'a\rb', 'a\u2028b']) {
      expect(() => withBlock('', [line])).toThrow('between our marks');
    }
    const bad = partOf(withHost({ user: { ...user, sshPublicKey: `${KEY}\n${OTHER}` } }), 'users');
    await step(target);
    await expect(step(bad)).rejects.toThrow('public keys');
    expect(await host.read(KEYS)).not.toContain('mallory');
  });

  test('without an end mark is not removed with lines of others', () => {
    const text = 'a\n# BEGIN Phoenix: of before\nb\n';
    const once = withBlock(text, ['x']);
    expect(once.split('\n').filter((line) => !line.startsWith('#'))).toEqual(['a', 'x', 'b', '']);
    expect(withBlock(once, [])).toBe('a\nb\n');
  });
});

describe('NFS exports', () => {
  const OWN = '/etc/exports.d/phoenix.exports';
  const TABLE = '/var/lib/nfs/etab';
  const options = ['rw', 'sync', 'no_subtree_check'];
  const dataset = { writtenAt: { file: '', path: '' }, pool: 'tank', name: 'data', properties: {}, quotaGb: null };
  const zfs = {
    arcMaxGb: null,
    pools: [],
    datasets: [{ ...dataset, storageType: null, contents: [], contentsAreNamed: false }],
    allowDestructive: false,
  };
  const declared = (nfsExports: readonly NfsExport[]) => partOf(withHost({ zfs, nfsExports }), 'nfs');
  const first = { path: '/tank/data/1', clients: ['10.0.0.1'], options };
  const second = { path: '/tank/data/2', clients: ['10.0.0.2'], options };
  const exported = async () =>
    ((await host.readFile(TABLE)) ?? '').split('\n').flatMap((line) => line.split('(')[0] || []);

  beforeEach(async () => {
    await mkdir(join(host.dir, 'tank/data'), { recursive: true });
    expect(await step(declared([first]))).toMatchObject({ outcome: 'applied' });
  });

  test('that exportfs refuses are never written, and the kernel exports the previous ones', async () => {
    const before = [await host.read(OWN), await host.read(TABLE)];
    host.instead = (line) => (/^exportfs -i .*10\.0\.0\.2/.test(line) ? { exit: 1, stderr: 'bad option' } : undefined);
    const changed = declared([{ ...first, options: ['ro', 'no_subtree_check'] }, second]);
    expect(await step(changed)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('bad option') });
    expect([await host.read(OWN), await host.read(TABLE)]).toEqual(before);
    // As the host does when it starts.
    expect(await run('exportfs', '-ra')).toMatchObject({ exit: 0 });
    expect(await exported()).toEqual(['/tank/data/1\t10.0.0.1']);
    host.instead = () => undefined;
    expect(await step(changed)).toMatchObject({ outcome: 'applied' });
    expect((await exported()).length).toBe(2);
  });

  test('that an interrupted run announced are removed by its rollback', async () => {
    const changed = declared([first, second]);
    let told = 0;
    for (let after = 1; told === 0 && after < 8; after += 1) {
      await convergeStep(manager, host, wanted(changed), after);
      told = (await exported()).filter((line) => line.includes('10.0.0.2')).length;
    }
    expect(told).toBe(1);
    expect(await host.read(OWN)).not.toContain('10.0.0.2');
    expect(await step(declared([first]))).toMatchObject({ outcome: 'applied' });
    expect(await exported()).toEqual(['/tank/data/1\t10.0.0.1']);
    expect(await host.has('/var/lib/phoenix/nfs/begun')).toBe(false);
  });

  test('after an unknown word are lost, by exportfs as by the lab', async () => {
    await host.write(OWN, '/tank/data/1 10.0.0.1(rw,anonuid=abc)\n/tank/data/2 10.0.0.2(rw)\n');
    expect(await run('exportfs', '-ra')).toMatchObject({ exit: 1, stderr: expect.stringContaining('bad anonuid') });
    expect(await exported()).toEqual([]);
  });

  test('never contain a word that would end the parsing', () => {
    const one = { path: '/a', client: '10.0.0.1', options: ['rw'] };
    for (const option of ['anonuid=abc', 'fast', 'rw=1', 'sec=foo', 'fsid=x', 'rw) *(rw', 'rw\n/etc *']) {
      expect(() => exportsText([{ ...one, options: [option] }])).toThrow('NFS has no option');
    }
    for (const client of ['-rw', '', 'a b', 'a(rw)', 'a#', 'a\n/etc', 'a\\']) {
      expect(() => exportsText([{ ...one, client }])).toThrow('a list of exports');
    }
  });
});

describe('settings that a program does not accept', () => {
  const share = {
    name: 'music',
    path: '/tank/music',
    validUsers: ['heads'],
    browsable: true,
    readOnly: false,
    guestOk: false,
  };
  const FILES = ['/etc/samba/smb.conf', '/etc/samba/phoenix.conf'];
  const samba = (readOnly: boolean) =>
    partOf(withHost({ samba: { user: 'heads', shares: [{ ...share, readOnly }] } }), 'samba');
  const dns = (...upstreamServers: string[]) => partOf(withHost({ dns: { enabled: true, upstreamServers } }), 'dns');
  const CONF = ['/etc/dnsmasq.d/00-phoenix.conf'];
  const texts = (files: readonly string[]) => Promise.all(files.map((path) => host.readFile(path)));

  beforeEach(async () => {
    await mkdir(join(host.dir, 'tank/music'), { recursive: true });
    await run('useradd', '-m', 'heads');
  });

  const cases = [
    ['Samba', FILES, samba(false), samba(true), 'systemctl reload-or-restart smbd'],
    ['dnsmasq', CONF, dns('9.9.9.9'), dns('1.1.1.1'), 'systemctl restart dnsmasq'],
  ] as const;

  test.each(cases)(
    '%s: the previous settings are restored, and the next try succeeds',
    async (_, files, now, next, reload) => {
      expect(await step(now)).toMatchObject({ outcome: 'applied' });
      const before = await texts(files);
      host.instead = (line) => (line.startsWith(reload) ? { exit: 1, stderr: 'it does not start' } : undefined);
      expect(await step(next)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('does not start') });
      expect(await texts(files)).toEqual(before);
      host.instead = () => undefined;
      expect(await step(next)).toMatchObject({ outcome: 'applied' });
      expect(await texts(files)).not.toEqual(before);
      expect(await step(next)).toMatchObject({ outcome: 'unchanged' });
    },
  );

  test.each(cases)(
    '%s: the run after an interrupted one can still restore them',
    async (_, files, now, next, reload) => {
      await step(now);
      const before = await texts(files);
      // The agent dies: the reload never ends, and nothing after it is done.
      host.instead = (line) => {
        if (line.startsWith(reload)) throw new Error('the agent died');
        return undefined;
      };
      await expect(step(next)).rejects.toThrow('the agent died');
      expect(await texts(files)).not.toEqual(before);
      host.instead = (line) => (line.startsWith(reload) ? { exit: 1, stderr: 'it does not start' } : undefined);
      expect(await step(next)).toMatchObject({ outcome: 'failed' });
      expect(await texts(files)).toEqual(before);
      host.instead = () => undefined;
      expect(await step(now)).toMatchObject({ outcome: 'unchanged' });
      expect(await texts(files)).toEqual(before);
    },
  );

  test.each(cases)(
    '%s: refused by the check, they replace nothing and restart nothing',
    async (...[, files, now, next, reload]) => {
      await step(now);
      const before = await texts(files);
      host.instead = (line) => (/^(testparm|dnsmasq)\b/.test(line) ? { exit: 1, stderr: 'syntax error' } : undefined);
      host.forget();
      expect(await step(next)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('syntax error') });
      expect(await texts(files)).toEqual(before);
      expect(host.commands.filter((line) => line.startsWith(reload))).toEqual([]);
    },
  );
});
