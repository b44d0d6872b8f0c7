// What a configuration may read from the node: only what the agent's settings allow, checked at the line that refers to it and again where it is
// read.

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets } from '../../../src/io/secrets.ts';
import * as managers from '../../../src/managers/index.ts';
import { referenceRefusal, type SecretBounds } from '../../../src/model/secret-bounds.ts';
import { DEFAULT_BOUNDS, secretBounds } from '../../../src/settings/secret-bounds.ts';
import { readSourceSettings } from '../../../src/settings/source.ts';
import { OWN_VARIABLES } from '../../../src/settings/variables.ts';
import { readSettings } from '../../../src/settings.ts';
import { environment as bigEnvironment, type Files, loadFiles } from '../../load/environment.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { type Lab, labHost, openLab } from '../../support/host/lab.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const VM = 'etc/phoenix_vm_configs.json';
const SHOP = 'stacks/shop/phoenix.json';

function boundsOf(settings: Record<string, string>): SecretBounds {
  return readSourceSettings(settings, () => '').secrets;
}

/** The configuration of `test/load` with these secrets. */
function withSecrets({ user, portainer, vm, stack }: Record<string, string>): Files {
  const files = bigEnvironment();
  if (user !== undefined) files[HYPERVISOR].users = { username: 'ada', password_hash: { $secret: user } };
  if (portainer !== undefined) files[HYPERVISOR].portainer_api = { admin_password: { $secret: portainer } };
  if (vm !== undefined) files[VM].vms[1].user_config.password_hash = { $secret: vm };
  if (stack !== undefined) {
    files[SHOP].environments.production.variables.push({ name: 'DB_PASSWORD', value: { $secret: stack } });
  }
  return files;
}

const REFUSED = [
  'file:/etc/shadow',
  'file:/root/.ssh/id_ed25519',
  'file:/etc/phoenix/env',
  'file:/etc/phoenix/secrets',
  'file:/etc/phoenix/secrets/../env',
  'file:/etc/phoenix/secrets/a/../../../shadow',
  'file:/etc/phoenix/secrets-of-others/a',
  'file:/var/lib/phoenix/portainer/token',
  'file:/proc/self/environ',
  'env:PHOENIX_WEBHOOK_SECRET',
  'env:PHOENIX_WEBHOOK_SECRET_BEFORE',
  'env:PHOENIX_WEBHOOK_SECRET_BEFORE_FILE',
  'env:PHOENIX_ADMIN_TOKEN_FILE',
  'env:PHOENIX_SECRET_ENV_PREFIX',
  'env:PHOENIX_SECRET_',
  'env:REDIS_URL',
  'env:SOPS_AGE_KEY',
  'env:PATH',
  'env:DB_PASSWORD',
];

describe('a reference to a secret that the settings do not allow', () => {
  test.each(REFUSED)('%s is an error at its line in any field, with the remedy', (reference) => {
    const files = withSecrets({ user: reference, portainer: reference, vm: reference, stack: reference });
    const { config, problems } = loadFiles(files);
    expect(config).toBeNull();
    const found = problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED');
    expect(found.map(({ file, path, target, severity }) => [file, path, target, severity])).toEqual([
      [HYPERVISOR, '/users/password_hash/$secret', 'hypervisor/users', 'error'],
      [HYPERVISOR, '/portainer_api/admin_password/$secret', 'portainer/server', 'error'],
      [VM, '/vms/1/user_config/password_hash/$secret', 'vm/1001', 'error'],
      [SHOP, '/environments/production/variables/1/value/$secret', 'stack/1001.shop', 'error'],
    ]);
    for (const { line, hint } of found) {
      expect(line).toBeGreaterThan(1);
      expect(hint).toMatch(/Rename|Move|Put/);
    }
  });

  test.each(REFUSED)('%s is never resolved, even if validation let it pass', async (reference) => {
    const name = reference.replace(/^env:/, '');
    const read = () => Promise.reject(new Error('nothing may be read'));
    const secrets = openSecrets({
      environment: { [name]: 'sesame' },
      redactor: openRedactor(),
      bounds: DEFAULT_BOUNDS,
    });
    const resolved = secrets.resolve({ $secret: reference }, { read, readWithin: read });
    await expect(resolved).rejects.toThrow(/not allowed|a setting of Phoenix itself/);
    await expect(resolved).rejects.not.toThrow('sesame');
  });

  test('an allowed reference is no problem', () => {
    const files = withSecrets({
      user: 'file:/etc/phoenix/secrets/ada.hash',
      portainer: 'file:/etc/phoenix/secrets/deep/portainer',
      vm: 'env:PHOENIX_SECRET_HASH',
      stack: 'env:PHOENIX_SECRET_DB',
    });
    expect(loadFiles(files).problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED')).toEqual([]);
  });

  test('says how to migrate: what to rename, what to move, or which setting to extend', () => {
    const { problems } = loadFiles(withSecrets({ user: 'file:/root/ada.hash', stack: 'env:DB_PASSWORD' }));
    const hints = problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED').map(({ hint }) => hint);
    expect(hints.join('\n')).toContain('/etc/phoenix/secrets/ada.hash');
    expect(hints.join('\n')).toContain('PHOENIX_SECRETS_DIR');
    expect(hints.join('\n')).toContain('PHOENIX_SECRET_DB_PASSWORD');
    expect(hints.join('\n')).toContain('PHOENIX_SECRET_ENV_PREFIX');
  });
});

describe('a folder with secrets', () => {
  const LXC = 'etc/phoenix_lxc_configs.json';
  test.each(['/etc/phoenix/secrets', '/etc/phoenix/secrets/shop', '/etc/phoenix', '/etc', '/', '/var/lib/phoenix'])(
    '%s is exposed to no guest and no client',
    (path) => {
      const files = bigEnvironment();
      files[LXC].lxc_configs[101].mount_points.push({ host_path: path, container_path: '/mnt/a' });
      files[LXC].lxc_configs[101].lxc_options = [`lxc.mount.entry = ${path} mnt/b none bind 0 0`];
      files[HYPERVISOR].nfs.exports.push({ path, clients: ['10.0.0.111'], options: ['ro'] });
      const found = loadFiles(files).problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED');
      expect(found.map(({ file, path: at, target }) => [file, at, target])).toEqual([
        [HYPERVISOR, '/nfs/exports/1/path', 'hypervisor/nfs'],
        [LXC, '/lxc_configs/101/mount_points/1/host_path', 'lxc/101'],
        [LXC, '/lxc_configs/101/lxc_options', 'lxc/101'],
      ]);
    },
  );

  test('is not exposed by another spelling: raw lines are read as the system reads them, and other fields accept none', () => {
    const files = bigEnvironment();
    files[LXC].lxc_configs[101].lxc_options = ['lxc.mount.entry = /etc/./phoenix// mnt/b none bind 0 0'];
    const raw = loadFiles(files).problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED');
    expect(raw.map(({ path }) => path)).toEqual(['/lxc_configs/101/lxc_options']);
    files[LXC].lxc_configs[101].mount_points.push({ host_path: '/etc/./phoenix//', container_path: '/mnt/a' });
    const errors = loadFiles(files).problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ path }) => path)).toContain('/lxc_configs/101/mount_points/1/host_path');
  });

  test.each(['/tank/phoenix', '/etc/phoenix2', '/var/lib'.concat('/other')])(
    '%s is accepted, since it contains no secrets',
    (path) => {
      const files = bigEnvironment();
      files[LXC].lxc_configs[101].mount_points.push({ host_path: path, container_path: '/mnt/a' });
      expect(loadFiles(files).problems.filter(({ code }) => code === 'SECRET_NOT_ALLOWED')).toEqual([]);
    },
  );
});

describe('the settings of secrets', () => {
  test('allow several folders and another prefix', () => {
    const bounds = boundsOf({
      PHOENIX_SECRETS_DIR: '/etc/phoenix/secrets:/srv/secrets/',
      PHOENIX_SECRET_ENV_PREFIX: 'DB_',
    });
    for (const allowed of ['file:/srv/secrets/a', 'file:/etc/phoenix/secrets/a', 'env:DB_PASSWORD']) {
      expect(referenceRefusal(allowed, bounds)).toBeNull();
    }
    expect(referenceRefusal('env:PHOENIX_SECRET_DB', bounds)).not.toBeNull();
    const files = withSecrets({ stack: 'env:DB_PASSWORD' });
    const { problems } = loadFiles(files, { secrets: bounds });
    expect(problems).toEqual([]);
  });

  test('never allow a reference to a setting of Phoenix, under any prefix and in every form', () => {
    const prefixes = ['PHOENIX_', 'P', 'REDIS_', 'PHOENIX_WEBHOOK_SECRET', 'SOPS_'];
    fc.assert(
      fc.property(fc.constantFrom(...OWN_VARIABLES), fc.constantFrom(...prefixes), (name, prefix) => {
        expect(referenceRefusal(`env:${name}`, boundsOf({ PHOENIX_SECRET_ENV_PREFIX: prefix }))).not.toBeNull();
      }),
    );
    for (const name of ['PHOENIX_REPO_URL', 'PHOENIX_APP_KEY', 'REDIS_URL', 'PHOENIX_SOPS_AGE_KEY']) {
      for (const form of ['', '_FILE', '_BEFORE', '_BEFORE_FILE']) expect(OWN_VARIABLES).toContain(name + form);
    }
    expect(referenceRefusal('env:PHOENIX_OF_A_GUEST', boundsOf({ PHOENIX_SECRET_ENV_PREFIX: 'PHOENIX_' }))).toBeNull();
  });

  test('never allow a reference to the file of a setting, also in an allowed folder', () => {
    const bounds = boundsOf({ PHOENIX_WEBHOOK_SECRET_FILE: '/etc/phoenix/secrets/webhook' });
    expect(referenceRefusal('file:/etc/phoenix/secrets/webhook', bounds)).not.toBeNull();
    expect(referenceRefusal('file:/etc/phoenix/secrets//./webhook', bounds)).not.toBeNull();
    expect(referenceRefusal('file:/etc/phoenix/secrets/webhook2', bounds)).toBeNull();
  });

  test('never hand out a copy of a setting’s value', async () => {
    const secrets = openSecrets({
      environment: { PHOENIX_SECRET_A: 'the admin token' },
      redactor: openRedactor(),
      bounds: DEFAULT_BOUNDS,
      own: ['the admin token'],
    });
    const nothing = { read: async () => undefined, readWithin: async () => undefined };
    await expect(secrets.resolve({ $secret: 'env:PHOENIX_SECRET_A' }, nothing)).rejects.toThrow('Phoenix itself');
  });

  test.each([
    ['PHOENIX_SECRETS_DIR', 'relative/folder'],
    ['PHOENIX_SECRETS_DIR', '/'],
    ['PHOENIX_SECRETS_DIR', '/etc/../root'],
    ['PHOENIX_SECRET_ENV_PREFIX', '1='],
    ['PHOENIX_SOPS_AGE_KEY', 'no key'],
  ])('refuse %s=%s, and allow only the default meanwhile', (name, value) => {
    const env = { PHOENIX_REPO_URL: 'https://git.example.internal/infra.git', PHOENIX_FORGE: 'none', [name]: value };
    const { settings, problems } = readSettings(env, () => '', { receiving: false });
    expect(settings).toBeNull();
    expect(problems.map(({ variable }) => variable)).toContain(name);
    expect({ ...secretBounds(new Map([[name, value]]), {}), ownVariables: 0 }).toEqual({
      ...DEFAULT_BOUNDS,
      ownVariables: 0,
    });
  });
});

describe('in a running agent', () => {
  let lab: Lab;
  let phoenix: Phoenix;
  const own = { PHOENIX_WEBHOOK_SECRET_BEFORE: 'the secret before', PHOENIX_SECRET_HASH: '$6$of$ada' };

  beforeAll(async () => {
    lab = await openLab('here');
    phoenix = await startPhoenix({ host: labHost(lab.folder, 'here', { environment: own }), managers });
  });
  afterAll(async () => {
    await phoenix.stop();
    await lab.close();
  });

  const pushed = (reference: string) =>
    phoenix.push(environment({ 101: {} }, { users: { username: 'ada', password_hash: { $secret: reference } } }));

  test('a push that refers to another file or variable of the node is refused completely, and nothing is read', async () => {
    for (const reference of ['file:/etc/shadow', 'env:PHOENIX_WEBHOOK_SECRET_BEFORE']) {
      const { statuses } = await pushed(reference);
      expect(statuses['phoenix/apply']).toMatch(
        /^failure: 1 error[.,] .*(; phoenix validate says what to do|for example PHOENIX_SECRET_NAME\.)$/,
      );
      expect(lab.commands().filter((line) => line.startsWith('chpasswd'))).toEqual([]);
    }
  });

  test('a link out of the folder is refused on the node, and an allowed secret is applied', async () => {
    const folder = join(lab.folder, 'etc/phoenix/secrets');
    await mkdir(folder, { recursive: true });
    await writeFile(join(lab.folder, 'etc/hash-of-others'), '$6$of$others\n');
    await symlink('../../hash-of-others', join(folder, 'link'));
    const { statuses } = await pushed('file:/etc/phoenix/secrets/link');
    expect(statuses).toMatchObject({
      'phoenix/hypervisor/users': expect.stringMatching(/^failure: .*put the file itself there/),
    });
    expect(lab.commands().filter((line) => line.startsWith('useradd'))).toEqual([]);
    const { statuses: after } = await pushed('env:PHOENIX_SECRET_HASH');
    expect(after['phoenix/hypervisor/users']).toBe('success: applied');
  });
});

describe('an agent that was updated', () => {
  let lab: Lab;
  let phoenix: Phoenix;
  let secrets: SecretBounds = { ...DEFAULT_BOUNDS, envPrefix: 'OLD_' };

  beforeAll(async () => {
    lab = await openLab('here');
    const sources = {
      environment: { OLD_HASH: '$6$of$ada' },
      get bounds() {
        return secrets;
      },
    };
    phoenix = await startPhoenix({
      host: (repository) => labHost(lab.folder, 'here', { ...sources })(repository),
      managers,
      options: {
        get reading() {
          return { strictSecrets: false, secrets };
        },
      },
    });
  });
  afterAll(async () => {
    await phoenix.stop();
    await lab.close();
  });

  test('is not stopped by references of an earlier version: only the targets that use them are held back', async () => {
    const users = { username: 'ada', password_hash: { $secret: 'env:OLD_HASH' }, sudo_access: false };
    const { statuses: first } = await phoenix.push(environment({ 101: {} }, { users }));
    expect(first).toMatchObject({ 'phoenix/hypervisor/users': 'success: applied' });
    await phoenix.stopAgent();
    secrets = DEFAULT_BOUNDS;
    await phoenix.startAgent();
    const changed = environment({ 101: { cores: 2 } }, { users: { ...users, sudo_access: true } });
    const { statuses } = await phoenix.push(changed);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect(statuses['phoenix/hypervisor/users']).toMatch(
      /^failure: held back by an older problem: .*: the secret .*PHOENIX_SECRET_ENV_PREFIX to what its name begins with/,
    );
  });
});
