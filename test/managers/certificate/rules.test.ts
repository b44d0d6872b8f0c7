// Problems of the certificate manifest: hooks of undeclared guests, files with two writers or that nobody sees, names that cannot be proved.

import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../../src/model/problem.ts';
import { environment, type Files, loadFiles, placesOf } from '../../load/environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';

/** The sound environment with fields of its certificate exchanged. */
function withCertificate(fields: object): Files {
  const files = environment();
  Object.assign(files[CERTIFICATES][0], fields);
  return files;
}

/** Pointers into the manifest at which a code was found. */
function found(code: ProblemCode, fields: object): string[] {
  return placesOf(code, withCertificate(fields)).map((place) => place.replace(`${CERTIFICATES}:`, ''));
}

describe('what follows a renewal', () => {
  test.each([
    'pct exec 101 -- systemctl reload nginx',
    'pct exec 101 -- systemctl restart nginx.service',
    '  pct  exec 101 -- systemctl  restart nginx ',
    'pct exec 101 -- docker restart web_server',
    '',
  ])('is run: %s', (command) => {
    expect(found('UNKNOWN_HOOK', { post_renewal_command: command })).toEqual([]);
  });

  test.each([
    "pct exec 101 -- /bin/bash -c 'systemctl reload nginx'",
    'pct exec 101 -- systemctl reload nginx; rm -rf /',
    'pct exec 101 -- systemctl stop nginx',
    'systemctl reload pveproxy',
    'qm guest exec 1001 -- docker restart $(id)',
    'pct exec 101 -- systemctl reload nginx && reboot',
  ])('is refused: %s', (command) => {
    expect(found('UNKNOWN_HOOK', { post_renewal_command: command })).toEqual(['/0/post_renewal_command']);
  });

  test('must name a declared guest with its kind', () => {
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'pct exec 555 -- systemctl reload nginx' })).toHaveLength(1);
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'qm guest exec 101 -- systemctl reload nginx' })).toHaveLength(
      1,
    );
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'pct exec 1001 -- systemctl reload nginx' })).toHaveLength(1);
  });

  test.each([
    { kind: 'reload-service', guest: 101, unit: 'nginx' },
    { kind: 'restart-service', guest: '101', unit: 'nginx.service' },
    { kind: 'restart-container', guest: 101, container: 'web_server' },
    { kind: 'exec', guest: 101, argv: ['/usr/bin/install', '-m', '600', "a b'; c"] },
  ])('is run as written: $kind', (hook) => {
    expect(found('UNKNOWN_HOOK', { post_renewal_command: undefined, post_renewal: hook })).toEqual([]);
    const files = withCertificate({ post_renewal_command: undefined, post_renewal: hook });
    expect(loadFiles(files).problems).toEqual([]);
  });

  test.each([
    { kind: 'reload-service', guest: 101, unit: '--all' },
    { kind: 'exec', guest: 101, argv: [] },
    { kind: 'exec', guest: 101, argv: 'reboot' },
    { kind: 'shell', guest: 101, command: 'reboot' },
  ])('is refused as written: %j', (hook) => {
    const files = withCertificate({ post_renewal_command: undefined, post_renewal: hook });
    expect(loadFiles(files).config).toBeNull();
  });

  test('is not written twice, and not for a guest that is not there', () => {
    const hook = { kind: 'reload-service', guest: 101, unit: 'nginx' };
    expect(found('UNKNOWN_HOOK', { post_renewal: hook })).toEqual(['/0/post_renewal_command']);
    const elsewhere = { ...hook, guest: 555 };
    expect(found('UNKNOWN_HOOK', { post_renewal_command: undefined, post_renewal: elsewhere })).toEqual([
      '/0/post_renewal',
    ]);
  });

  test.each([
    [
      "pct exec 101 -- /bin/bash -c 'while [ ! -f /x ]; do sleep 1; done; systemctl reload traefik'",
      '{"kind": "reload-service", "guest": 101, "unit": "traefik"}',
    ],
    [
      'qm guest exec 1001 -- sh -c "docker restart web"',
      '{"kind": "restart-container", "guest": 1001, "container": "web"}',
    ],
    ['pct exec 101 -- cp a b', '{"kind": "exec", "guest": 101, "argv": ["PROGRAM", "ARGUMENT"]}'],
  ])('what is refused is told in the form to write: %s', (command, form) => {
    const { problems } = loadFiles(withCertificate({ post_renewal_command: command }));
    expect(problems.find(({ code }) => code === 'UNKNOWN_HOOK')?.hint).toBe(`Write "post_renewal": ${form} instead.`);
  });

  test('is stored as its meaning, not as a command', () => {
    const { config } = loadFiles(environment());
    expect(config?.certificates[0]).toMatchObject({
      commonName: 'web.example.internal',
      sans: ['web.example.internal'],
      mode: 0o640,
      hook: { kind: 'service', verb: 'reload', unit: 'nginx', guest: 101, guestKind: 'lxc' },
    });
  });
});

describe('how it is issued', () => {
  test('by default as the authority does it by itself, through its provisioner', () => {
    expect(loadFiles(environment()).config?.certificates[0]).toMatchObject({ issuer: 'jwk', lifetimeSeconds: null });
  });

  test.each([
    ['720h', 2_592_000],
    ['30d', 2_592_000],
    ['1d12h30m', 131_400],
    ['45m', 2_700],
  ])('for %s', (lifetime, seconds) => {
    const { config } = loadFiles(withCertificate({ lifetime, issuer: 'jwk' }));
    expect(config?.certificates[0]).toMatchObject({ issuer: 'jwk', lifetimeSeconds: seconds });
  });

  test.each(['', '0h', '720', 'a month', '12h1d', '-1h'])('not for "%s"', (lifetime) => {
    expect(loadFiles(withCertificate({ lifetime })).config).toBeNull();
  });
});

test('names that cannot be proved at the gateway are not issued by ACME', () => {
  const sans = ['web.example.internal', '*.example.internal', '10.0.0.5'];
  expect(found('INVALID_VALUE', { issuer: 'acme', sans })).toEqual(['/0/sans/1', '/0/sans/2']);
  expect(found('INVALID_VALUE', { issuer: 'jwk', sans })).toEqual([]);
  expect(found('INVALID_VALUE', { issuer: 'acme' })).toEqual([]);
});

describe('files of a certificate', () => {
  test('have one writer each', () => {
    const files = environment();
    files[CERTIFICATES].push({ ...files[CERTIFICATES][0], common_name: 'other.example.internal', sans: [] });
    expect(placesOf('CERTIFICATE_PATH', files)).toEqual([
      `${CERTIFICATES}:/1/cert_path`,
      `${CERTIFICATES}:/1/key_path`,
    ]);
    expect(placesOf('DUPLICATE_NAME', files)).toEqual([]);
    files[CERTIFICATES][1].common_name = files[CERTIFICATES][0].common_name.toUpperCase();
    expect(placesOf('DUPLICATE_NAME', files)).toEqual([`${CERTIFICATES}:/1/common_name`]);
    const same = files[CERTIFICATES][0].cert_path;
    expect(found('CERTIFICATE_PATH', { key_path: same })).toEqual(['/0/key_path']);
  });

  test('belong to somebody whose number is known before the container exists', () => {
    expect(found('INVALID_VALUE', { owner: 'root:www-data' })).toEqual([]);
    expect(found('INVALID_VALUE', { owner: '998:998' })).toEqual([]);
    expect(found('INVALID_VALUE', { owner: 'traefik:traefik' })).toEqual(['/0/owner']);
    expect(found('INVALID_VALUE', { owner: 'root:traefik' })).toEqual(['/0/owner']);
  });

  test('must lie where the guest sees them', () => {
    expect(found('CERTIFICATE_PATH', {})).toEqual([]);
    expect(found('CERTIFICATE_PATH', { cert_path: '/tank/certs/102/web.crt' })).toEqual(['/0/cert_path']);
    expect(found('CERTIFICATE_PATH', { key_path: '/tank/certs/1011/web.key' })).toEqual(['/0/key_path']);
  });

  test('a VM sees the folders that it mounts', () => {
    const hook = { post_renewal_command: 'qm guest exec 1001 -- docker restart shop' };
    const inside = { cert_path: '/tank/vm-data/1001/web.crt', key_path: '/tank/vm-data/1001/web.key' };
    expect(found('CERTIFICATE_PATH', { ...hook, ...inside })).toEqual([]);
    expect(found('CERTIFICATE_PATH', hook)).toEqual(['/0/cert_path', '/0/key_path']);
  });

  test('the key is private', () => {
    expect(found('KEY_MODE', { permissions: '644' })).toEqual(['/0/permissions']);
    expect(found('KEY_MODE', { permissions: '0640' })).toEqual([]);
    expect(found('KEY_MODE', { permissions: undefined })).toEqual([]);
  });
});

describe('names of a certificate', () => {
  test('hold the common name, also by a wildcard', () => {
    expect(found('SAN_MISSING', { sans: ['other.example.internal'] })).toEqual(['/0/sans']);
    expect(found('SAN_MISSING', { sans: ['*.example.internal'] })).toEqual([]);
    expect(found('SAN_MISSING', { sans: ['WEB.example.internal', '10.0.0.101'] })).toEqual([]);
  });

  test('hold every name that leads to the gateway', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].role = 'gateway';
    files[VM].vms[1].traefik_service = { name: 'api', port: 443 };
    const labels = ['traefik.http.routers.shop.rule=Host(`shop.example.internal`) || Host(`www.example.internal`)'];
    files['stacks/shop/phoenix.json'].environments.production.services = { shop: { traefik_labels: labels } };
    files['etc/phoenix_hypervisor_config.json'].portainer_api = { portainer_hostname: 'portainer.example.internal' };
    const missing = loadFiles(files).problems.filter(({ code }) => code === 'SAN_MISSING');
    expect(missing.map(({ message }) => message).sort()).toEqual([
      'the certificate does not hold api.example.internal (the service of vm/1001)',
      'the certificate does not hold portainer.example.internal (portainer_hostname)',
      'the certificate does not hold shop.example.internal (stack shop)',
      'the certificate does not hold www.example.internal (stack shop)',
    ]);
    files[CERTIFICATES][0].sans = ['web.example.internal', '*.example.internal'];
    expect(placesOf('SAN_MISSING', files)).toEqual([]);
  });

  test.each([
    ['my_app.example.internal', 'Add "*.example.internal" to "sans".'],
    ['app.my_team.example.internal', 'Give it a name without underscores: no certificate holds this one.'],
  ])('%s has an underscore, and no certificate is told to hold it as it is', (name, hint) => {
    const files = environment();
    files[LXC].lxc_configs['101'].role = 'gateway';
    const labels = [`traefik.http.routers.shop.rule=Host(\`${name}\`)`];
    files['stacks/shop/phoenix.json'].environments.production.services = { shop: { traefik_labels: labels } };
    const missing = loadFiles(files).problems.filter(({ code }) => code === 'SAN_MISSING');
    expect(missing.map((problem) => problem.hint)).toEqual([hint]);
    const offered = /"(\*[^"]*)"/.exec(hint)?.[1];
    if (offered === undefined) return;
    files[CERTIFICATES][0].sans = ['web.example.internal', offered];
    expect(loadFiles(files).problems.filter(({ code }) => /SAN_MISSING|INVALID_HOSTNAME/.test(code))).toEqual([]);
  });

  test('are names', () => {
    expect(found('INVALID_HOSTNAME', { common_name: 'web_server' })).toEqual(['/0/common_name']);
    expect(found('INVALID_HOSTNAME', { sans: ['web.example.internal', 'not a name', '10.0.0.5', '*.a.b'] })).toEqual([
      '/0/sans/1',
    ]);
  });
});
