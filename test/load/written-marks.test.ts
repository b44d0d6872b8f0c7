// Marks of the schema on single fields: one that nothing reads is a warning, and a secret in plain text is reported without being shown.

import { describe, expect, test } from 'vitest';
import { environment, loadFiles, placesOf } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const STACKS = 'etc/phoenix_stacks_config.json';
const SHOP = 'stacks/shop/phoenix.json';

describe('fields that nothing reads', () => {
  test('are warnings at their names, which say what to use instead', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].ports = ['80:80'];
    files[VM].vm_defaults.template = 'x';
    files[HYPERVISOR].core_paths = { lxc_config_file: '/x' };
    const problems = loadFiles(files).problems.filter(({ code }) => code === 'NO_EFFECT');
    expect(problems.map(({ severity, file, path }) => `${severity} ${file}:${path}`)).toEqual([
      `warning ${HYPERVISOR}:/core_paths`,
      `warning ${LXC}:/lxc_configs/101/ports`,
      `warning ${VM}:/vm_defaults/template`,
    ]);
    expect(problems[1]).toMatchObject({
      target: 'lxc/101',
      message: expect.stringContaining('open ports in `firewall`'),
    });
    expect(loadFiles(files).config).not.toBeNull();
  });

  test('fields with an effect cause no warning', () => {
    const files = environment();
    Object.assign(files[LXC].lxc_configs['101'], {
      swap_mb: 256,
      health_check: { command: '/bin/true' },
      protected: true,
    });
    expect(placesOf('NO_EFFECT', files)).toEqual([]);
  });

  test('the old collection of stacks is one of them', () => {
    const files = { ...environment(), [STACKS]: { docker_stacks: { shop: { description: 'x' } } } };
    expect(placesOf('NO_EFFECT', files)).toEqual([`${STACKS}:/docker_stacks`]);
  });
});

describe('secrets in the clear', () => {
  const plain = () => {
    const files = environment();
    files[HYPERVISOR].portainer_api = { admin_password: 'hunter2' };
    files[HYPERVISOR].users = { username: 'admin', password_hash: '$6$hunter2' };
    files[VM].vms[1].user_config.password_hash = '$6$hunter2';
    files[SHOP].environments.production.variables.push({ name: 'DB_PASSWORD', value: 'hunter2' });
    return {
      ...files,
      [STACKS]: {
        docker_stacks: { a: { environments: { x: { variables: [{ name: 'API_KEY', value: 'hunter2' }] } } } },
      },
    };
  };
  const places = [
    `${HYPERVISOR}:/portainer_api/admin_password`,
    `${HYPERVISOR}:/users/password_hash`,
    `${STACKS}:/docker_stacks/a/environments/x/variables/0/value`,
    `${VM}:/vms/1/user_config/password_hash`,
    `${SHOP}:/environments/production/variables/1/value`,
  ];

  test('are warnings, and errors when they are forbidden', () => {
    expect(placesOf('PLAINTEXT_SECRET', plain())).toEqual(places);
    const { config, problems } = loadFiles(plain());
    expect(config).not.toBeNull();
    // What becomes of each when it is applied.
    const told = problems.filter(({ code }) => code === 'PLAINTEXT_SECRET').map(({ message }) => message);
    expect(told.map((message) => message.replace(/^.* in the repository: /, ''))).toEqual([
      'portainer/server fails when it is applied',
      'no password is set from it',
      'a stack with it fails when it is applied',
      'no password is set from it',
      'a stack with it fails when it is applied',
    ]);
    const strict = loadFiles(plain(), { strictSecrets: true });
    expect(strict.problems.filter(({ code }) => code === 'PLAINTEXT_SECRET').map(({ severity }) => severity)).toEqual(
      places.map(() => 'error'),
    );
    expect(strict.config).toBeNull();
  });

  test('are shown in no problem', () => {
    expect(JSON.stringify(loadFiles(plain()).problems)).not.toContain('hunter2');
  });

  test('references, empty values and ordinary variables cause no warning', () => {
    const files = environment();
    files[HYPERVISOR].portainer_api = { admin_password: { $secret: 'file:/etc/phoenix/secrets/portainer' } };
    files[HYPERVISOR].users = { username: 'admin', password_hash: 'NOT_SET' };
    files[SHOP].environments.production.variables.push(
      { name: 'DB_PASSWORD', value: { $secret: 'env:PHOENIX_SECRET_DB_PASSWORD' } },
      { name: 'DB_USER', value: 'shop' },
    );
    expect(loadFiles(files, { strictSecrets: true }).problems).toMatchObject([
      { code: 'NO_EFFECT', path: '/portainer_api' },
    ]);
  });
});
