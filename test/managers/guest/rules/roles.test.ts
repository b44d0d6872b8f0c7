// The roles of authority, proxy and gateway: each at most once, and declared where something needs it.

import { expect, test } from 'vitest';
import { environment, loadFiles } from '../../../load/environment.ts';
import { found } from '../../../load/rules/found.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';

test('two containers of one role are named at the lines of both', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].role = 'ca';
  expect(found('INVALID_VALUE', files)).toEqual([
    '"role": "ca", | lxc/101 (web) has the role "ca", and so has lxc/900 (ct-900)',
    '"role": "ca" | lxc/900 (ct-900) has the role "ca", and so has lxc/101 (web)',
  ]);
});

test('a missing authority is reported with what to declare', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].role = 'none';
  files[VM].vms[1].features = ['base_setup', 'trusted_ca'];
  files[LXC].lxc_configs['101'].features = ['trusted_ca'];
  files[LXC].lxc_configs['101'].bootstrap_ca_url = 'https://ca.example:9000';
  const problems = loadFiles(files).problems.map(({ code, path, hint }) => ({ code, path, hint }));
  const hint = 'Write "role": "ca" on the container that is the certificate authority.';
  expect(problems).toEqual([
    { code: 'UNKNOWN_REFERENCE', path: '/0/common_name', hint },
    { code: 'UNKNOWN_REFERENCE', path: '/vms/1/features/1', hint },
  ]);
});

test('a certificate by ACME needs the gateway', () => {
  const files = environment();
  files[CERTIFICATES][0].issuer = 'acme';
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([
    '"common_name": "web.example.internal", | Nobody answers for its names by ACME: no container has the role "gateway"',
  ]);
});

test('a service of a VM has no effect without the proxy', () => {
  const files = environment();
  files[VM].vms[1].traefik_service = { name: 'shop', port: 8000 };
  expect(found('NO_EFFECT', files)).toEqual([
    '"traefik_service": { | Nobody passes "shop" on: no container has the role "proxy"',
  ]);
});

test('the names of an authority have no effect where no container is one', () => {
  const files = environment();
  files['etc/phoenix_hypervisor_config.json'].step_ca = { root_ca_name: 'Ours' };
  expect(found('NO_EFFECT', files)).toEqual([]);
  files[LXC].lxc_configs['900'].role = 'none';
  expect(found('NO_EFFECT', files)).toEqual(['"step_ca": { | "step_ca" has no effect: no container has the role "ca"']);
});

test.each([
  ['the feature that installs one', { features: ['step_ca'] }, {}],
  ['a feature of the config repo', { features: ['ours'] }, { 'features/ours/install.sh': 'true' }],
  ['an application script', { application_script: 'ours.sh' }, { 'bin/ours.sh': 'true' }],
])('they have one without the role for a guest with %s', (_, own, scripts) => {
  const files = environment();
  files['etc/phoenix_hypervisor_config.json'].step_ca = { root_ca_name: 'Ours' };
  Object.assign(files[LXC].lxc_configs['900'], { role: 'none', ...own });
  expect(found('NO_EFFECT', { ...files, ...scripts })).toEqual([]);
  expect(found('MISSING_FILE', { ...files, ...scripts })).toEqual([]);
});
