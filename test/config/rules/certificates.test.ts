import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../../src/model/problem.ts';
import { environment, type Files, loadFiles, placesOf } from '../environment.ts';

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

  test('must reach a guest that is there, as the kind that it is', () => {
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'pct exec 555 -- systemctl reload nginx' })).toHaveLength(1);
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'qm guest exec 101 -- systemctl reload nginx' })).toHaveLength(
      1,
    );
    expect(found('UNKNOWN_HOOK', { post_renewal_command: 'pct exec 1001 -- systemctl reload nginx' })).toHaveLength(1);
  });

  test('is kept as what it does, not as a command', () => {
    const { config } = loadFiles(environment());
    expect(config?.certificates[0]).toMatchObject({
      commonName: 'web.example.internal',
      sans: ['web.example.internal'],
      mode: 0o640,
      hook: { kind: 'service', verb: 'reload', unit: 'nginx', guest: 101, guestKind: 'lxc' },
    });
  });
});

describe('files of a certificate', () => {
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

  test('the key is open to nobody else', () => {
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

  test('are names', () => {
    expect(found('INVALID_HOSTNAME', { common_name: 'web_server' })).toEqual(['/0/common_name']);
    expect(found('INVALID_HOSTNAME', { sans: ['web.example.internal', 'not a name', '10.0.0.5', '*.a.b'] })).toEqual([
      '/0/sans/1',
    ]);
  });
});
