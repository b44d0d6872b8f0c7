// Accounts of the host: only what is declared changes, accounts of others need an adoption, and no link leads root elsewhere.

import { readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealWanted } from '../../../../src/agent/apply/seal.ts';
import { withBlock } from '../../../../src/managers/hypervisor/block.ts';
import type { Hypervisor } from '../../../../src/managers/hypervisor/declared.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { manager, partOf, withHost } from '../host.ts';

const [FIRST, SECOND] = ['$6$first$aaaaaaaaaaaaaaaa', '$6$second$bbbbbbbbbbbbbbbb'];
const SECRET = '/etc/phoenix/secrets/ada.hash';
const KEYS = '/home/ada/.ssh/authorized_keys';
const OTHER = '/etc/phoenix/secrets/other.hash';

type User = NonNullable<Hypervisor['user']>;

const ada: User = {
  username: 'ada',
  passwordHash: { $secret: `file:${SECRET}` },
  sudo: true,
  sshPublicKey: 'ssh-ed25519 AAAA ada@example',
};
const target = declared();

function declared(own: Partial<User> = {}): Target {
  return partOf(withHost({ user: { ...ada, ...own } }), 'users');
}

async function withSecrets(): Promise<LabHost> {
  const host = await openLabHost();
  await host.write(SECRET, `${FIRST}\n`);
  await host.write(OTHER, `${SECOND}\n`);
  return host;
}

async function state(host: LabHost): Promise<unknown> {
  const files = ['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/sudoers.d/phoenix', '/etc/pve/user.cfg', KEYS];
  return Promise.all(files.map(async (path) => (await host.readFile(path)) ?? null));
}

testContract(manager, [
  {
    name: 'hypervisor/users',
    open: withSecrets,
    target,
    changed: declared({
      sudo: false,
      sshPublicKey: 'ssh-ed25519 BBBB ada@example',
      passwordHash: { $secret: `file:${OTHER}` },
    }),
    state,
    // The state of all services, and the clock.
    looks: 2,
    secrets: [FIRST, SECOND],
    foreign: {
      async make(host) {
        await host.run({ kind: 'command', program: 'useradd', args: ['-m', 'grace'], timeoutSeconds: 5 });
        await host.write('/home/grace/.ssh/authorized_keys', 'ssh-ed25519 GGGG grace@example\n');
        await host.write('/etc/sudoers.d/grace', 'grace ALL=(ALL:ALL) ALL\n');
      },
      state: async (host) => [
        (await host.read('/etc/passwd')).split('\n').filter((line) => line.startsWith('grace')),
        await host.read('/home/grace/.ssh/authorized_keys'),
        await host.read('/etc/sudoers.d/grace'),
      ],
    },
  },
]);

describe('an existing account', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await withSecrets();
    expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
  });
  afterAll(() => host.close());

  test('its password follows the file of the hash, and is set only then', async () => {
    expect(await host.read('/etc/shadow')).toContain(`ada:${FIRST}:`);
    host.forget();
    await host.write(SECRET, `${SECOND}\n`);
    const sealed = (await sealWanted(host, wanted(target), false)).wanted;
    expect(manager.quickCheck(await manager.inventory(host), sealed)).toBeNull();
    expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
    expect(host.inputs).toEqual([`ada:${SECOND}\n`]);
    await convergeStep(manager, host, wanted(target));
    expect(host.inputs).toHaveLength(1);
  });

  test('keys that somebody added stay when ours go, and so does the account', async () => {
    await host.write(KEYS, `ssh-ed25519 MINE ada@home\n${await host.read(KEYS)}`);
    expect(await convergeStep(manager, host, gone(target))).toMatchObject({ outcome: 'done' });
    expect(await host.read(KEYS)).toBe('ssh-ed25519 MINE ada@home\n');
    expect(await host.read('/etc/passwd')).toContain('ada:x:1000:');
    expect(await host.has('/etc/sudoers.d/phoenix')).toBe(false);
  });

  test('under another name it keeps no key of ours', async () => {
    await convergeStep(manager, host, wanted(target));
    const renamed = wanted(declared({ username: 'eve' }), { before: target.spec });
    expect(await convergeStep(manager, host, renamed)).toMatchObject({ outcome: 'done' });
    expect(await host.read(KEYS)).not.toContain('AAAA');
    expect(await host.read('/home/eve/.ssh/authorized_keys')).toContain('AAAA');
    expect(await host.read('/etc/sudoers.d/phoenix')).toContain('eve ALL');
    const lines = (await host.read('/etc/pve/user.cfg')).split('\n');
    expect(lines.filter((line) => line.startsWith('acl'))).toEqual(['acl:1:/:eve@pam:Administrator:']);
  });
});

describe('an account that is not ours', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await withSecrets();
    await host.run({ kind: 'command', program: 'useradd', args: ['-m', 'ada'], timeoutSeconds: 5 });
  });
  afterAll(() => host.close());

  test('it is adopted only on request', async () => {
    const refused = await convergeStep(manager, host, wanted(target));
    expect(refused).toMatchObject({
      outcome: 'refused',
      actions: [],
      reason: expect.stringContaining('phoenix adopt'),
    });
    expect(await convergeStep(manager, host, wanted(target, { adopt: true }))).toMatchObject({ outcome: 'done' });
    expect(await convergeStep(manager, host, wanted(target))).toEqual({ outcome: 'done', actions: [] });
  });

  test('a system account is never adopted', async () => {
    const root = wanted(declared({ username: 'root' }), { adopt: true });
    expect(await convergeStep(manager, host, root)).toMatchObject({ outcome: 'refused', actions: [] });
  });

  test('a link in its folder leads root nowhere', async () => {
    await host.write('/root/secret', 'only for root\n');
    await host.run({ kind: 'command', program: 'chmod', args: ['600', '/root/secret'], timeoutSeconds: 5 });
    await host.run({ kind: 'command', program: 'rm', args: ['-f', KEYS], timeoutSeconds: 5 });
    await symlink('../../../root/secret', join(host.dir, KEYS));
    await expect(convergeStep(manager, host, wanted(target))).rejects.toThrow('is a symbolic link');
    expect(await host.read('/root/secret')).toBe('only for root\n');
    expect(await readlink(join(host.dir, KEYS))).toBe('../../../root/secret');
  });
});

test('without a password sudo asks for none', async () => {
  const host = await withSecrets();
  await convergeStep(manager, host, wanted(declared({ passwordHash: null })));
  expect(await host.read('/etc/sudoers.d/phoenix')).toContain('ada ALL=(ALL:ALL) NOPASSWD: ALL');
  await host.close();
});

test('a block is added and removed without a trace, whatever else is in the file', () => {
  const lines = fc.array(
    fc.string().filter((text) => !/\n|Phoenix/.test(text)),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(lines, lines, lines, (file, first, second) => {
      const text = file.map((line) => `${line}\n`).join('');
      const once = withBlock(text, first);
      expect(withBlock(once, first)).toBe(once);
      expect(withBlock(withBlock(once, second), [])).toBe(text);
    }),
  );
});
