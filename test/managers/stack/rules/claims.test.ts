// Ports and names that two containers of one VM both use.

import { describe, expect, test } from 'vitest';
import { environment, type Files, loadFiles } from '../../../load/environment.ts';

const VM = 'etc/phoenix_vm_configs.json';

/** A VM with Portainer itself. */
const PORTAINER = {
  vmid: 1002,
  name: 'vm-1002',
  network_config: { ip: '10.0.0.112/24', gw: '10.0.0.1', nameserver: '10.0.0.13' },
  volumes: [],
  docker_stacks: ['portainer'],
  portainer_role: 'primary',
  portainer_agent_hostname: undefined,
};

/** The VM runs two stacks, each with one service that has these lines. */
function two(first: string, second: string, variables: object[] = []): Files {
  const files: Files = environment();
  const service = (name: string, lines: string) => `services:\n  ${name}:\n    image: nginx:1\n    ${lines}\n`;
  for (const [name, lines] of [
    ['one', first],
    ['two', second],
  ] as const) {
    files[`stacks/${name}/docker-compose.yml`] = service(`${name}_web`, lines);
    files[`stacks/${name}/phoenix.json`] = { environments: { production: { variables } } };
  }
  files[VM].vms[1].docker_stacks = ['shop', 'one', 'two'];
  return files;
}

function said(files: Files): string[] {
  return loadFiles(files).problems.map(
    ({ code, file, line, target, message }) => `${code} ${file}:${line} ${target} ${message}`,
  );
}

describe('PORT_CLASH', () => {
  test('two stacks, at the line of the second, with the first named', () => {
    expect(said(two('ports: ["8080:80"]', 'ports: ["8080:81"]'))).toEqual([
      'PORT_CLASH stacks/two/docker-compose.yml:4 stack/1001.two port 8080/tcp of vm/1001 (vm-1001) is published by service one_web of stack "one" already',
    ]);
  });

  const clashing = [
    ['every address and one', '["8080:80"]', '["127.0.0.1:8080:80"]'],
    ['zeros and one', '["0.0.0.0:8080:80"]', '["10.0.0.111:8080:80"]'],
    ['one IPv6 address in two spellings', '["[::1]:8080:80"]', '["[0:0::1]:8080:80"]'],
    ['a range and a port in it', '["9100-9110:9100-9110"]', '["9105:80"]'],
    ['two ranges', '["9100-9105:9100-9105"]', '["9105-9108:9105-9108"]'],
    ['udp and udp', '["53:53/udp"]', '["53:53/udp"]'],
    ['the long form', '[{ target: 80, published: "8080" }]', '[{ target: 80, published: 8080, host_ip: 127.0.0.1 }]'],
    ['a variable with a value', '["$' + '{WEB}:80"]', '["8080:80"]'],
    ['a variable with a default', '["$' + '{NONE:-8080}:80"]', '["8080:80"]'],
  ] as const;
  test.each(clashing)('%s', (_, first, second) => {
    const files = two(`ports: ${first}`, `ports: ${second}`, [{ name: 'WEB', value: '8080' }]);
    expect(loadFiles(files).problems.map(({ code }) => code)).toEqual(['PORT_CLASH']);
  });

  test.each([
    ['tcp and udp', '["53:53/tcp"]', '["53:53/udp"]'],
    ['two addresses', '["127.0.0.1:8080:80"]', '["10.0.0.111:8080:80"]'],
    ['every IPv4 and an IPv6 address', '["0.0.0.0:8080:80"]', '["[::1]:8080:80"]'],
    ['ports that Docker chooses', '["80"]', '["80"]'],
    ['one of a range, which Docker chooses', '["8000-8010:80"]', '["8000-8010:80"]'],
    ['neighbours', '["9100-9104:9100-9104"]', '["9105:80"]'],
  ])('%s do not', (_, first, second) => {
    expect(said(two(`ports: ${first}`, `ports: ${second}`))).toEqual([]);
  });

  test('a port that is a secret is not compared', () => {
    const files = two('ports: ["$' + '{WEB}:80"]', 'ports: ["8080:80"]', [
      { name: 'WEB', value: { $secret: 'env:PHOENIX_SECRET_PORT' } },
    ]);
    expect(said(files)).toEqual([]);
  });

  test('two services of one stack', () => {
    const files: Files = environment();
    files['stacks/shop/docker-compose.yml'] =
      'services:\n  a:\n    image: a:1\n    ports: ["80:80"]\n  b:\n    image: b:1\n    ports: ["80:80"]\n';
    expect(said(files)).toEqual([
      'PORT_CLASH stacks/shop/docker-compose.yml:7 stack/1001.shop port 80/tcp of vm/1001 (vm-1001) is published by service a of stack "shop" already',
    ]);
  });

  test('the agent of Portainer is there first', () => {
    const files = two('ports: ["9001:80"]', 'container_name: portainer_agent');
    Object.assign(files[VM].vms[1], { portainer_role: 'agent', portainer_agent_hostname: 'a.example.internal' });
    files[VM].vms.push({ ...files[VM].vms[1], ...PORTAINER });
    files['etc/phoenix_hypervisor_config.json'].portainer_api = { portainer_hostname: 'portainer.example.internal' };
    files['stacks/portainer/docker-compose.yml'] = 'services:\n  server:\n    image: portainer/portainer-ce:2.33.6\n';
    files['stacks/portainer/phoenix.json'] = { environments: { production: {} } };
    expect(said(files)).toEqual([
      'PORT_CLASH stacks/one/docker-compose.yml:4 stack/1001.one port 9001/tcp of vm/1001 (vm-1001) is published by the agent of Portainer already',
      'DUPLICATE_NAME stacks/two/docker-compose.yml:4 stack/1001.two the container name "portainer_agent" on vm/1001 (vm-1001) is that of the agent of Portainer',
    ]);
  });

  test('stacks on two VMs have nothing to do with each other', () => {
    const files = two('ports: ["8080:80"]', 'ports: ["8080:80"]');
    files[VM].vms[1].docker_stacks = ['shop', 'one'];
    files[VM].vms.push({
      ...files[VM].vms[1],
      vmid: 1002,
      name: 'vm-1002',
      network_config: { ip: 'dhcp' },
      volumes: [],
      docker_stacks: ['two'],
    });
    expect(said(files)).toEqual([]);
  });
});

test('two containers of one name', () => {
  expect(said(two('container_name: web', 'container_name: "web"'))).toEqual([
    'DUPLICATE_NAME stacks/two/docker-compose.yml:4 stack/1001.two the container name "web" on vm/1001 (vm-1001) is that of service one_web of stack "one"',
  ]);
  expect(said(two('container_name: web', 'container_name: web2'))).toEqual([]);
});

test('names of targets fit into the name of a status', () => {
  const CERTIFICATES = 'etc/certificate-manifest.json';
  const named = (length: number) => {
    const files = environment();
    const labels = `${'a'.repeat(60)}.`.repeat(5);
    const name = `${labels.slice(0, length - '.example.internal'.length)}.example.internal`.replace('..', 'a.');
    expect(name).toHaveLength(length);
    files[CERTIFICATES][0].common_name = name;
    return said(files).filter((each) => !each.startsWith('SAN'));
  };
  expect(named(235)).toEqual([]);
  expect(named(236)).toEqual([
    expect.stringMatching(
      /^NAME_TOO_LONG etc\/certificate-manifest\.json:3 certificate\/.* has 236 characters: .* with 256, and forges take 255$/,
    ),
  ]);
});
