// A missing file declares nothing, and an unreadable one stops nothing else: rules check the rest, and never report as missing what may be in the
// unreadable part.

import { describe, expect, test } from 'vitest';
import { repositoryFiles } from '../support/repository-files.ts';
import { environment, type Files, loadFiles, placesOf } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';
const MANIFEST = 'stacks/shop/phoenix.json';
const COMPOSE = 'stacks/shop/docker-compose.yml';

const codes = (files: Files) => loadFiles(files).problems.map(({ code }) => code);

function without(...paths: string[]): Files {
  const files: Files = environment();
  for (const path of paths) delete files[path];
  return files;
}

describe('a file that is not there declares nothing', () => {
  test.each([LXC, VM, CERTIFICATES])('%s', (path) => {
    const { problems } = loadFiles(without(path));
    expect(problems.filter(({ code }) => code === 'MISSING_FILE')).toEqual([]);
    expect(placesOf('EMPTY_CONFIG', without(path))).toEqual([]);
  });

  test('all but the host', () => {
    const { config, problems } = loadFiles(without(LXC, VM, CERTIFICATES, MANIFEST, COMPOSE));
    expect(problems).toEqual([]);
    expect(config).toMatchObject({ lxc: [], vm: [], certificates: [] });
  });

  test('the file of the host is required, and the others are checked nevertheless', () => {
    const files = without(HYPERVISOR);
    files[LXC].lxc_configs['101'].colour = 'red';
    expect(codes(files).sort()).toEqual(['MISSING_FILE', 'UNKNOWN_KEY']);
  });

  test('what follows from its going is judged as any deletion is', () => {
    const before = loadFiles(environment()).config;
    const go = (...paths: string[]) => loadFiles(without(...paths), { before }).problems.map(({ code }) => code);
    expect(go(VM)).toContain('TOO_MANY_DELETES');
    expect(go(LXC, VM, CERTIFICATES)).toEqual(['EMPTY_CONFIG', 'TOO_MANY_DELETES']);
  });

  test('a file that cannot be read deletes nothing', () => {
    const before = loadFiles(environment()).config;
    const files = { ...environment(), [VM]: '{' };
    const { config, draft, problems } = loadFiles(files, { before });
    expect(problems.map(({ code }) => code)).toEqual(['SYNTAX']);
    expect([config, draft]).toEqual([null, null]);
  });
});

/** One fault in each file, each found by another rule or schema. */
const FAULTS: Readonly<Record<string, (files: Files) => void>> = {
  [`UNKNOWN_REFERENCE ${HYPERVISOR}`]: (files) => {
    files[HYPERVISOR].zfs.datasets.push({ name: 'lost', pool: 'nowhere' });
  },
  [`INVALID_HOSTNAME ${LXC}`]: (files) => {
    files[LXC].lxc_configs['900'].name = 'web_server';
  },
  [`UNKNOWN_KEY ${VM}`]: (files) => {
    files[VM].vms[1].colour = 'red';
  },
  [`KEY_MODE ${CERTIFICATES}`]: (files) => {
    files[CERTIFICATES][0].permissions = '644';
  },
  [`MISSING_FILE ${MANIFEST}`]: (files) => {
    files[MANIFEST].environments.production.files = [{ source: 'none', destination_in_container: '/none' }];
  },
  [`DUPLICATE_KEY ${COMPOSE}`]: (files) => {
    files[COMPOSE] = `${files[COMPOSE]}  shop_data: {}\n`;
  },
};

const BROKEN: readonly (readonly [string, unknown])[] = [
  ['a syntax error', '{ "a": '],
  ['another document', '"nothing"'],
  ['null', 'null'],
];

describe.each(BROKEN)('%s in one file hides no fault of another', (_, content) => {
  test.each([HYPERVISOR, LXC, VM, CERTIFICATES, MANIFEST])('%s', (path) => {
    const files: Files = environment();
    for (const fault of Object.values(FAULTS)) fault(files);
    files[path] = content;
    const found = loadFiles(files).problems.map(({ code, file }) => `${code} ${file}`);
    // A file of a stack is only missed where a VM uses the stack.
    const others = Object.keys(FAULTS).filter(
      (fault) => !fault.endsWith(path) && !(path === VM && fault === `MISSING_FILE ${MANIFEST}`),
    );
    for (const fault of others) expect(found).toContain(fault);
    expect(found.filter((each) => !each.endsWith(path)).sort()).toEqual(others.sort());
  });
});

test('with an invalid field of the host, of the defaults of VMs or of an environment, the rest is still checked', () => {
  const files: Files = environment();
  files[HYPERVISOR].timezone = 7;
  files[HYPERVISOR].network.nfs_server = 7;
  files[HYPERVISOR].zfs.datasets.push({ name: 'lost', pool: 'nowhere' });
  files[VM].vm_defaults.cores = 'many';
  files[VM].vms[1].memory_mb = 1;
  files[MANIFEST].environments.production.variables = 7;
  files[MANIFEST].environments.other = { files: [], firewall_rules: [{ type: 'in', action: 'ACCEPT', port: '22' }] };
  const found = loadFiles(files).problems.map(({ code, path }) => `${code} ${path}`);
  expect(found).toEqual([
    'INVALID_VALUE /network/nfs_server',
    'UNKNOWN_REFERENCE /zfs/datasets/1/pool',
    'INVALID_VALUE /timezone',
    'INVALID_VALUE /vm_defaults/cores',
    'INVALID_VALUE /vms/1/memory_mb',
    'INVALID_VALUE /environments/production/variables',
    ...found.slice(6),
  ]);
  expect(found.slice(6).some((each) => each.includes('/environments/other/firewall_rules/0'))).toBe(true);
});

describe('nothing is invented against what cannot be read', () => {
  const whole: Files = repositoryFiles();
  const said = (files: Files) =>
    loadFiles(files).problems.map(({ code, file, path, message }) => `${code} ${file}:${path} ${message}`);
  const known = new Set(said(whole));
  const [hypervisor, lxc, vm, certificates] = [HYPERVISOR, LXC, VM, CERTIFICATES].map((path) =>
    JSON.parse(String(whole[path])),
  );
  const broken: (readonly [string, string, unknown])[] = [
    ...Object.keys(whole)
      .filter((path) => /^(etc\/[^/]+\.json|stacks\/[^/]+\/(phoenix\.json|docker-compose\.yml))$/.test(path))
      .map((path) => ['all of', path, '{ "a": '] as const),
    ...Object.keys(hypervisor).map((key) => [key, HYPERVISOR, { ...hypervisor, [key]: [7] }] as const),
    ...Object.keys(lxc.lxc_configs).map(
      (id) => [id, LXC, { ...lxc, lxc_configs: { ...lxc.lxc_configs, [id]: { cores: [] } } }] as const,
    ),
    ...vm.vms.map(({ vmid }: { vmid: unknown }, index: number) => [
      `${vmid}`,
      VM,
      { ...vm, vms: vm.vms.with(index, { vmid, cores: [] }) },
    ]),
    ...vm.vms.map(({ vmid }: { vmid: unknown }, index: number) => [
      `${vmid} without its id`,
      VM,
      { ...vm, vms: vm.vms.with(index, { cores: [] }) },
    ]),
    ...certificates.map((_: unknown, index: number) => [
      `number ${index}`,
      CERTIFICATES,
      certificates.with(index, { common_name: 7 }),
    ]),
  ];
  test.each(broken)('%s of %s', (_, path, content) => {
    const found = said({ ...whole, [path]: content });
    expect(found.filter((each) => !known.has(each) && !each.includes(` ${path}:`))).toEqual([]);
  });
});
