// Reading a whole environment: all problems at once, each at its line with a remedy, and no follow-up problems caused by what could not be read.

import { describe, expect, test } from 'vitest';
import { MAX_FILE_BYTES } from '../../src/config/limits.ts';
import { load } from '../../src/load/load.ts';
import { findRoots, readsContent } from '../../src/load/reading.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { LONG_TEST } from '../support/long.ts';
import { environment, type Files, loadFiles, placesOf, snapshotOf } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';

/** Problems as `CODE file:path message`. */
function said(files: Files): string[] {
  return loadFiles(files).problems.map(({ code, file, path, message }) => `${code} ${file}:${path} ${message}`);
}

test('a sound environment has no problem', () => {
  const { config, draft, problems } = loadFiles(environment());
  expect(problems).toEqual([]);
  expect(config).not.toBeNull();
  expect(draft).toEqual(config);
});

test('an unknown field is named at its line, with the nearest one', () => {
  const files = environment();
  const guest = files[LXC].lxc_configs['101'];
  guest.memroy_mb = 1024;
  const [problem, ...others] = loadFiles(files).problems;
  expect(others).toEqual([]);
  const lines = JSON.stringify(files[LXC], null, 2).split('\n');
  const line = lines.findIndex((each) => each.includes('"memroy_mb"')) + 1;
  expect(problem).toEqual({
    severity: 'error',
    code: 'UNKNOWN_KEY',
    file: LXC,
    path: '/lxc_configs/101/memroy_mb',
    line,
    column: 7,
    target: 'lxc/101',
    message: 'unknown field "memroy_mb"',
    hint: 'Did you mean "memory_mb"?',
  });
});

test('unknown fields are found at every depth and in every file', () => {
  const files = environment();
  files[HYPERVISOR].network.interfaces.adress = '10.0.0.13/24';
  files[LXC].lxc_configs['101'].firewall.rules = [{ type: 'in', action: 'ACCEPT', protocol: 'tcp' }];
  files[VM].vms[1].volumes[0].mount = '/data';
  files[VM].vm_default = {};
  files[CERTIFICATES][0].common = 'x';
  files['stacks/shop/phoenix.json'].environments.production.variable = [];
  expect(placesOf('UNKNOWN_KEY', files)).toEqual([
    `${CERTIFICATES}:/0/common`,
    `${HYPERVISOR}:/network/interfaces/adress`,
    `${LXC}:/lxc_configs/101/firewall/rules/0/protocol`,
    `${VM}:/vms/1/volumes/0/mount`,
    `${VM}:/vm_default`,
    'stacks/shop/phoenix.json:/environments/production/variable',
  ]);
});

test('ordinary names of objects are not known fields', () => {
  const files = environment();
  Object.assign(files[LXC].lxc_configs['101'], { constructor: 1, toString: 2, hasOwnProperty: 3 });
  expect(placesOf('UNKNOWN_KEY', files)).toEqual(
    ['constructor', 'toString', 'hasOwnProperty'].map((key) => `${LXC}:/lxc_configs/101/${key}`),
  );
});

describe('values of the wrong kind say what is expected', () => {
  test.each([
    ['memory_mb', 'much', '"memory_mb" is "much" and must be a whole number of megabytes'],
    ['memory_mb', 1.5, '"memory_mb" is 1.5 and must be a whole number of megabytes'],
    ['memory_mb', 4, '"memory_mb" is 4 and must be at least 16'],
    ['memory_mb', null, '"memory_mb" is null and must be a whole number of megabytes'],
    ['memory_mb', undefined, '"memory_mb" is missing'],
    ['cores', [2], '"cores" is a list and must be a whole number of cores'],
    ['name', '', '"name" is "" and must not be empty'],
    ['unprivileged', 'yes', '"unprivileged" is "yes" and must be true or false'],
    ['mac_address', '52:54', '"mac_address" is "52:54" and must be a MAC address such as 52:54:00:AA:BB:01'],
    ['gpu_assignment', 'all', '"gpu_assignment" is "all" and must be "none" or indexes of GPUs such as "0,1"'],
    [
      'features',
      ['../docker'],
      'an entry of "features" is "../docker" and must be the name of a feature, such as docker',
    ],
    [
      'application_script',
      '/bin/sh',
      '"application_script" is "/bin/sh" and must be a path inside the repository, without a slash at its start',
    ],
    ['application_script', 'bin/../../x', '"application_script" is "bin/../../x" and must not contain ".."'],
    ['role', 'king', '"role" is "king" and must be "ca" or "proxy" or "gateway" or "none"'],
    ['dependencies', ['x'], 'an entry of "dependencies" is "x" and must be a guest id, a number from 100 to 999999999'],
  ])('%s: %j', (field, value, message) => {
    const files = environment();
    files[LXC].lxc_configs['101'][field] = value;
    const problems = loadFiles(files).problems.filter(({ code }) => code === 'INVALID_VALUE');
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    expect(problems[0]).toMatchObject({ severity: 'error', target: 'lxc/101' });
  });

  test('addresses', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].network_config.ip = '10.0.0.300/24';
    files[VM].vms[1].network_config.gw = '10.0.0';
    expect(placesOf('INVALID_VALUE', files)).toEqual([
      `${LXC}:/lxc_configs/101/network_config/ip`,
      `${VM}:/vms/1/network_config/gw`,
    ]);
  });

  test('invalid ids', () => {
    const files = environment();
    files[LXC].lxc_configs['12'] = files[LXC].lxc_configs['101'];
    files[LXC].lxc_configs.web = files[LXC].lxc_configs['101'];
    files[VM].vms[0].vmid = 99;
    expect(placesOf('INVALID_VALUE', files)).toEqual([
      `${LXC}:/lxc_configs/12`,
      `${LXC}:/lxc_configs/web`,
      `${VM}:/vms/0/vmid`,
    ]);
  });

  test('a file whose top value has the wrong type', () => {
    for (const [file, top] of [
      [LXC, []],
      [VM, null],
      [HYPERVISOR, 'x'],
      [CERTIFICATES, {}],
    ] as const) {
      const { problems, config, draft } = loadFiles({ ...environment(), [file]: JSON.stringify(top) });
      expect(problems.map(({ code, path }) => [code, path])).toEqual([['INVALID_VALUE', '']]);
      expect([config, draft]).toEqual([null, null]);
    }
  });

  test('a secret is never shown', () => {
    const files = environment();
    files[HYPERVISOR].portainer_api = { admin_password: { $secret: 'hunter2' } };
    files[HYPERVISOR].users = { username: 'admin', password_hash: ['hunter2'] };
    expect(said(files).filter((line) => line.startsWith('INVALID_VALUE'))).toHaveLength(2);
    expect(JSON.stringify(loadFiles(files).problems)).not.toContain('hunter2');
  });
});

test('all problems are shown at once: one bad guest hides no other', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].memory_mb = 'much';
  files[LXC].lxc_configs['101'].name = 'web_server';
  files[VM].vms[1].colour = 'red';
  files[CERTIFICATES][0].permissions = '644';
  files['stacks/shop/phoenix.json'].environments.production.variables = [];
  const codes = loadFiles(files).problems.map(({ code }) => code);
  expect(codes.sort()).toEqual(['INVALID_HOSTNAME', 'INVALID_VALUE', 'KEY_MODE', 'UNKNOWN_KEY', 'UNSET_VARIABLE']);
});

test('a guest that cannot be read may still be referred to', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].memory_mb = 'much';
  expect(placesOf('UNKNOWN_REFERENCE', files)).toEqual([]);
});

test('a file that cannot be read keeps rules across files from misleading', () => {
  const files = { ...environment(), [LXC]: '{"lxc_configs": ' };
  expect(said(files)).toEqual([`SYNTAX ${LXC}:/lxc_configs the file ends before everything is closed`]);
});

test('a repeated guest is an error at the second one', () => {
  const text = JSON.stringify(environment()[LXC]).replace('"900":', '"101": {}, "900":');
  expect(placesOf('DUPLICATE_KEY', { ...environment(), [LXC]: text })).toEqual([`${LXC}:/lxc_configs/101`]);
});

test('nothing declared is refused: applied, it would delete everything', () => {
  const files = environment();
  files[LXC].lxc_configs = {};
  files[VM].vms = [];
  files[CERTIFICATES] = [];
  expect(loadFiles(files).problems.map(({ code }) => code)).toContain('EMPTY_CONFIG');
  expect(placesOf('EMPTY_CONFIG', environment())).toEqual([]);
});

test('a draft exists when only rules find errors, and not when values are missing', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].name = 'web_server';
  expect(loadFiles(files)).toMatchObject({ config: null, draft: { hypervisor: { domain: 'example.internal' } } });
  files[LXC].lxc_configs['101'].cores = 0;
  expect(loadFiles(files)).toMatchObject({ config: null, draft: null });
});

test('problems are sorted by file, line and column', () => {
  const files = environment();
  for (const id of ['101', '900']) Object.assign(files[LXC].lxc_configs[id], { colour: 1, height: 2 });
  files[CERTIFICATES][0].colour = 1;
  const places = loadFiles(files).problems.map(({ file, line, column }) => [file, line, column] as const);
  expect(places).toHaveLength(5);
  expect(places).toEqual(places.toSorted((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1] || a[2] - b[2]));
});

test('a file past the limit is refused, whether its content was read or not', () => {
  const tooLarge = snapshotOf({ ...environment(), [LXC]: new Uint8Array(MAX_FILE_BYTES + 1).fill(0x20) });
  const unread = new Map(snapshotOf(environment()).files);
  unread.set(LXC, { blob: '0'.repeat(40) as BlobId, kind: 'file', size: 50_000_000 });
  for (const files of [tooLarge.files, unread]) {
    const { problems } = load({ commit: null, root: '', files }, { strictSecrets: false, secrets: DEFAULT_BOUNDS });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'SYNTAX', file: LXC, line: 1 });
    expect(problems[0]?.message).toMatch(/^has \d+ bytes; at most 16777216 are read$/);
  }
});

test('a link in place of a file is not followed', () => {
  const files = new Map(snapshotOf(environment()).files);
  files.set(LXC, { blob: '0'.repeat(40) as BlobId, kind: 'symlink' });
  const { problems } = load({ commit: null, root: '', files }, { strictSecrets: false, secrets: DEFAULT_BOUNDS });
  expect(problems.map(({ code, message }) => [code, message])).toEqual([
    ['MISSING_FILE', 'is a symbolic link, which is not followed'],
  ]);
});

test('of ten thousand guests each problem is found', LONG_TEST, () => {
  const files = environment();
  const guests = files[LXC].lxc_configs;
  for (let id = 20_000; id < 30_000; id++) {
    guests[id] = {
      ...guests['101'],
      name: `g${id}`,
      mac_address: undefined,
      network_config: { ip: 'dhcp' },
      colour: 1,
    };
  }
  const snapshot = snapshotOf(files);
  const { problems } = load(snapshot, { strictSecrets: false, secrets: DEFAULT_BOUNDS });
  expect(problems.filter(({ code }) => code === 'UNKNOWN_KEY')).toHaveLength(10_000);
});

test('the files that are read are listed by their paths', () => {
  const read = [
    HYPERVISOR,
    LXC,
    VM,
    CERTIFICATES,
    'etc/phoenix_stacks_config.json',
    'stacks/a/phoenix.json',
    'stacks/a/docker-compose.yml',
  ];
  expect(read.filter((path) => !readsContent(path))).toEqual([]);
  const others = ['bin/x.sh', 'stacks/a/b/phoenix.json', 'stacks/phoenix.json', `a/${LXC}`, 'etc/schemas/x.json'];
  expect(others.filter(readsContent)).toEqual([]);
});

test('roots are found at any depth', () => {
  expect(findRoots([HYPERVISOR, `a/b/${HYPERVISOR}`, `x${HYPERVISOR}`, 'etc/other.json'])).toEqual(['', 'a/b']);
  expect(findRoots([])).toEqual([]);
});
