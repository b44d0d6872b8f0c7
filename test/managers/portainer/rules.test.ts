// Portainer roles without a server, or with a server that Phoenix does not start.

import { expect, test } from 'vitest';
import { environment, type Files, loadFiles } from '../../load/environment.ts';

const VM = 'etc/phoenix_vm_configs.json';
const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const SERVER = 'services:\n  server:\n    image: portainer/portainer-ce:2.33.6\n';

function withRole(role: string, own: object = {}): Files {
  const files: Files = environment();
  files[HYPERVISOR].portainer_api = { admin_password: { $secret: 'file:/etc/phoenix/secrets/portainer' } };
  Object.assign(files[VM].vms[1], { portainer_role: role, ...own });
  return files;
}

const said = (files: Files) =>
  loadFiles(files).problems.map(
    ({ severity, code, path, target, message }) => `${severity} ${code} ${path} ${target} ${message}`,
  );

test('a primary whose stacks hold no server is named at its role', () => {
  expect(said(withRole('primary'))).toEqual([
    'warning NO_EFFECT /vms/1/portainer_role vm/1001 the portainer_role "primary" of vm/1001 (vm-1001) starts nothing: none of its docker_stacks has a service with the image portainer/portainer-ce, so that Phoenix starts no Portainer there',
  ]);
});

test.each([
  ['its image', SERVER],
  [
    'its image by a variable',
    SERVER.replace('portainer/portainer-ce:2.33.6', `$${'{IMAGE:-portainer/portainer-ce:latest}'}`),
  ],
  ['its image by what it extends', `${SERVER.replace('server', 'base')}  server:\n    extends: base\n`],
])('a primary with a stack of Portainer is sound, by %s', (_, text) => {
  const files = withRole('primary', { docker_stacks: ['shop', 'portainer'] });
  files['stacks/portainer/docker-compose.yml'] = text;
  files['stacks/portainer/phoenix.json'] = { environments: { production: {} } };
  expect(said(files)).toEqual([]);
});

test('a stack that could not be read causes no further problem', () => {
  const files = withRole('primary', { docker_stacks: ['shop', 'portainer'] });
  files['stacks/portainer/docker-compose.yml'] = 'services: [';
  files['stacks/portainer/phoenix.json'] = { environments: { production: {} } };
  expect(said(files).filter((each) => each.includes('portainer_role'))).toEqual([]);
});

const AGENT = { portainer_agent_hostname: 'agent.example.internal' };

test('an agent without a server is named at its role', () => {
  expect(said(withRole('agent', AGENT))).toEqual([expect.stringContaining('no VM has the portainer_role "primary"')]);
  const files = withRole('agent', AGENT);
  delete files[HYPERVISOR].portainer_api;
  expect(said(files)).toEqual([expect.stringContaining('nothing says how the Portainer server is reached')]);
});

test('a second primary is named', () => {
  const files = withRole('primary', { docker_stacks: ['shop', 'portainer'] });
  files['stacks/portainer/docker-compose.yml'] = SERVER;
  files['stacks/portainer/phoenix.json'] = { environments: { production: {} } };
  const network = { ip: '10.0.0.112/24', gw: '10.0.0.1', nameserver: '10.0.0.13' };
  const second = { vmid: 1002, name: 'vm-1002', network_config: network, docker_stacks: [], volumes: [] };
  files[VM].vms.push({ ...files[VM].vms[1], ...second });
  expect(said(files)).toEqual([expect.stringContaining('/vms/2/portainer_role vm/1002')]);
});

test('a server that no VM runs is told at the hypervisor', () => {
  const files = withRole('none');
  expect(said(files)).toEqual([
    'warning NO_EFFECT /portainer_api null "portainer_api" has no effect: no VM has a role in Portainer',
  ]);
});
