// Faults of the predecessor with certificates, proxies, Portainer and its stacks, each shown to be absent: on the reference environment, from an
// empty host to the last stack in one apply.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rehearsed } from '../../src/cli/rehearse/carry-out-plan.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { CERTIFICATES, failed, LXC, reference, type Sent, type Standing, stand, VM } from './standing.ts';

/** One certificate is written without other names, as in the manifest of that system. */
const FILES = reference((files) => {
  delete files[CERTIFICATES][1].sans;
});
const COMPOSE = 'stacks/qdrant/docker-compose.yml';

let standing: Standing;
let first: { readonly steps: readonly Rehearsed[]; readonly sent: readonly Sent[] };
beforeAll(async () => {
  standing = await stand();
  first = await standing.apply(FILES);
  expect(failed(first.steps)).toEqual([]);
}, 60_000);
afterAll(() => standing.close());

const changed = (change: (files: Files) => void): Files => {
  const files = structuredClone(FILES);
  change(files);
  return files;
};
const requests = (sent: readonly Sent[]) =>
  sent.map(({ line }) => line).filter((line) => /^(POST|PUT|DELETE) /.test(line));
const codes = (files: Files) =>
  loadFiles(files).problems.map(({ severity, code, target, path }) => `${severity} ${code} ${target} ${path}`);
const run = (program: string, ...args: string[]) =>
  standing.host.run({ kind: 'command', program, args, timeoutSeconds: 20 });

test('13: a certificate without alternative names is not renewed at every check, and its key is private', async () => {
  const { steps, sent } = await standing.again();
  expect(sent.filter(({ target }) => target.startsWith('certificate/'))).toEqual([]);
  expect(steps.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
  for (const { key_path: path } of FILES[CERTIFICATES])
    expect(lstatSync(join(standing.host.dir, path)).mode & 0o137, path).toBe(0);
});

test('13: a failed renewal is reported, and the certificate in use stays', async () => {
  const [{ cert_path: path }] = FILES[CERTIFICATES];
  const before = await standing.host.read(path);
  await run('pct', 'stop', '103');
  const { steps } = await standing.apply(changed((files) => files[CERTIFICATES][0].sans.push('more.example.internal')));
  expect(failed(steps)).toContainEqual(
    expect.stringMatching(
      /^certificate\/nginx\.example\.internal: .*see to the authority, the present one is valid until/,
    ),
  );
  expect(await standing.host.read(path)).toBe(before);
  await run('pct', 'start', '103');
  expect(failed((await standing.apply(FILES)).steps)).toEqual([]);
});

test('15: from nothing everything comes up in one apply, what signs before what is signed, what is signed before who shows it', () => {
  const order = first.steps.map(({ target }) => String(target));
  const inOrder = (...targets: string[]) => {
    const places = targets.map((target) => order.indexOf(target));
    expect(places).not.toContain(-1);
    expect(places, targets.join(' ')).toEqual(places.toSorted((a, b) => a - b));
  };
  inOrder('lxc/103', 'hypervisor/trust', 'certificate/nginx.example.internal', 'gateway/nginx');
  inOrder('lxc/103', 'lxc/102', 'certificate/traefik.example.internal', 'gateway/traefik');
  inOrder(
    'certificate/portainer.example.internal',
    'portainer/server',
    'portainer/environment.docker-host',
    'stack/1002.qdrant',
  );
});

test('15: recreating an authority renews all that it signed, and an authority that depends on itself is reported', () => {
  const anew = standing.plan(
    changed((files) => {
      files[LXC].lxc_configs['103'].unprivileged = false;
    }),
  );
  expect(anew.steps.find(({ target }) => target === 'lxc/103')).toMatchObject({ impact: 'recreate' });
  const touched = anew.steps.map(({ target }) => String(target));
  for (const { common_name: name } of FILES[CERTIFICATES]) expect(touched).toContain(`certificate/${name}`);
  expect(touched).toContain('hypervisor/trust');
  const ring = changed((files) => files[LXC].lxc_configs['900'].features.push('trusted_ca'));
  expect(codes(ring)).toEqual(['error DEPENDENCY_CYCLE lxc/900 /lxc_configs/900/features/1']);
});

test('16: every stack is deployed, and an environment is identified by its name, whatever its address', async () => {
  const made = requests(first.sent).filter((line) => line.includes('/stacks/create/'));
  expect(made).toHaveLength(2);
  const moved = changed((files) => {
    files[VM].vms[2].portainer_agent_hostname = 'agent.example.internal';
  });
  const { steps, sent } = await standing.apply(moved);
  expect(failed(steps)).toEqual([]);
  const endpoints = requests(sent).filter((line) => /\/endpoints(\/\d+)? /.test(line));
  expect(endpoints).toEqual([
    expect.stringMatching(/^PUT \S+\/endpoints\/\d+ .*tcp:\/\/agent\.example\.internal:9001/),
  ]);
  await standing.apply(FILES);
});

test('17: requests to Portainer follow its API description: a form for environments, content for stacks, including hyphens', () => {
  const lines = requests(first.sent);
  const environment = lines.find((line) => /^POST \S+\/endpoints /.test(line)) ?? '';
  expect(environment).toContain('"form":{"Name":"docker-host","EndpointCreationType":"2"');
  const stack = lines.find((line) => line.includes('/stacks/create/')) ?? '';
  expect(stack).toMatch(/\/stacks\/create\/standalone\/string\?endpointId=\d+ .*"StackFileContent"/);
  expect(stack).not.toContain('StackFilePath');
  expect(lines.filter((line) => line.includes('/api/configs'))).toEqual([]);
});

test('18: a permanently refused request is sent once, and a conflict is a failure', async () => {
  const other = changed((files) => {
    files[COMPOSE] = files[COMPOSE].replace('restart: unless-stopped', 'restart: always');
  });
  const isUpdate = ({ method, url }: { method: string; url: string }) => method === 'PUT' && url.includes('/stacks/');
  standing.answer = (request) =>
    isUpdate(request) ? { status: 409, body: '{"message":"already exists"}' } : undefined;
  const refused = await standing.apply(other);
  expect(failed(refused.steps)).toEqual([expect.stringMatching(/^stack\/1002\.qdrant: .*already exists/)]);
  expect(requests(refused.sent)).toHaveLength(1);
  standing.answer = () => undefined;
  expect(failed((await standing.again()).steps)).toEqual([]);
  await standing.apply(FILES);
});

test('19: a volume or variable that the VM does not provide is reported before anything is deployed', () => {
  const unset = changed((files) => {
    files[COMPOSE] = files[COMPOSE].replace('"6334:6334"', '"$' + '{API_PORT}:6334"');
  });
  expect(codes(unset)).toContain('error UNSET_VARIABLE stack/1002.qdrant /services/qdrant/ports/1');
  const elsewhere = changed((files) => {
    files[VM].vms[2].docker_stacks = ['website'];
    files[VM].vms[1].docker_stacks.push('qdrant');
  });
  expect(codes(elsewhere).filter((code) => code.includes('MISSING_VOLUME'))).toEqual([
    expect.stringContaining('error MISSING_VOLUME stack/1001.qdrant'),
  ]);
});

test.each([
  ['a guest', (files: Files) => files[LXC].lxc_configs['102'].dependencies.push('777'), 'UNKNOWN_REFERENCE lxc/102'],
  [
    'a source',
    (files: Files) => Object.assign(files[LXC].lxc_configs['102'], { clone_from_ctid: 777 }),
    'UNKNOWN_REFERENCE lxc/102',
  ],
  [
    'a snapshot of it',
    (files: Files) => delete files[LXC].lxc_configs['900'].template_snapshot_name,
    'CLONE_SOURCE lxc/102',
  ],
  [
    'a script',
    (files: Files) => Object.assign(files[LXC].lxc_configs['102'], { application_script: 'no.sh' }),
    'MISSING_FILE lxc/102',
  ],
  ['a feature', (files: Files) => files[LXC].lxc_configs['102'].features.push('no'), 'MISSING_FILE lxc/102'],
  ['a stack', (files: Files) => files[VM].vms[2].docker_stacks.push('no'), 'MISSING_FILE stack/1002.no'],
])('23: %s that is named and is not there is an error of the commit', (_, change, code) => {
  expect(codes(changed(change)).map((each) => each.split(' ').slice(0, 3).join(' '))).toContain(`error ${code}`);
});

test('23: the gateway is found by its role, whatever its name', async () => {
  const before = await standing.host.read('/etc/pve/lxc/101.conf');
  expect(before).toContain('hostname: nginx-gateway');
  const renamed = changed((files) => {
    files[LXC].lxc_configs['101'].name = 'front-door';
  });
  const touched = standing.plan(renamed).steps.map(({ target }) => String(target));
  expect(touched).toContain('lxc/101');
  expect(touched).not.toContain('gateway/traefik');
  const dns = standing.plan(renamed).steps.find(({ target }) => target === 'hypervisor/dns');
  expect(JSON.stringify(dns?.changes)).not.toContain('portainer.example.internal');
});
