// Rules that compare a commit with the one before: too many deletions, shrunk disks and rules for the address of a former guest.

import { expect, test } from 'vitest';
import type { Config } from '../../../src/managers/config.ts';
import { environment, type Files, loadFiles } from '../environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

function draftOf(files: Files): Config {
  const { draft } = loadFiles(files);
  if (draft === null) throw new Error('not readable');
  return draft;
}

function newProblems(before: Files, after: Files): string[] {
  return loadFiles(after, { before: draftOf(before) }).problems.map(
    ({ code, file, line, message }) => `${code} ${file}:${line} ${message}`,
  );
}

function withGuests(count: number): Files {
  const files = environment();
  for (let id = 201; id < 201 + count; id++) {
    files[LXC].lxc_configs[id] = {
      ...files[LXC].lxc_configs['101'],
      name: `ct-${id}`,
      mac_address: undefined,
      mount_points: [],
      network_config: { ip: `10.0.0.${id}/24`, gw: '10.0.0.1', nameservers: '10.0.0.13' },
    };
  }
  return files;
}

test('nothing changes, guests are added, one guest is deleted: all may be', () => {
  expect(newProblems(withGuests(0), withGuests(0))).toEqual([]);
  expect(newProblems(withGuests(0), withGuests(3))).toEqual([]);
  expect(newProblems(withGuests(1), withGuests(0))).toEqual([]);
});

test('more than the share of the guests cannot go at once', () => {
  expect(newProblems(withGuests(2), withGuests(0))).toEqual([
    `TOO_MANY_DELETES ${LXC}:2 2 of 6 guests would be deleted (lxc/201, lxc/202), more than 30 % of them`,
  ]);
  expect(newProblems(withGuests(3), withGuests(1))).toEqual([]);
});

test('the limit is the lower one of both commits: a commit cannot raise its own limit', () => {
  const [before, after] = [withGuests(2), withGuests(0)];
  after['etc/phoenix_hypervisor_config.json'].behavior = { max_delete_share: 0.5 };
  expect(newProblems(before, after)).toEqual([expect.stringContaining('more than 30 % of them')]);
  before['etc/phoenix_hypervisor_config.json'].behavior = { max_delete_share: 0.5 };
  expect(newProblems(before, after)).toEqual([]);
});

test('a disk that gets smaller is refused at its line', () => {
  const after = environment();
  after[VM].vms[1].disk_size_gb = 20;
  expect(newProblems(environment(), after)).toEqual([
    expect.stringMatching(/^DISK_SHRINK .*vm_configs.json:\d+ The disk of vm\/1001 \(vm-1001\) has 32 GB/),
  ]);
});

test('a rule for a former guest’s address is reported', () => {
  const before = withGuests(1);
  const rule = { type: 'in', action: 'ACCEPT', source: '10.0.0.201', proto: 'tcp', port: 22 };
  before[LXC].lxc_configs['101'].firewall = { rules: [rule] };
  expect(newProblems(before, before)).toEqual([]);

  const gone = structuredClone(before);
  delete gone[LXC].lxc_configs['201'];
  const loaded = loadFiles(gone, { before: draftOf(before) });
  expect(loaded.problems).toMatchObject([
    { code: 'UNOWNED_ADDRESS', severity: 'error', message: 'Nothing has the address 10.0.0.201' },
  ]);
  expect(loaded.problems[0]?.hint).toContain('It was the address of lxc/201 (ct-201)');

  const moved = structuredClone(before);
  moved[LXC].lxc_configs['201'].network_config.ip = '10.0.0.202/24';
  expect(newProblems(before, moved)).toEqual([expect.stringContaining('Nothing has the address 10.0.0.201')]);

  gone['etc/phoenix_hypervisor_config.json'].known_hosts = { laptop: '10.0.0.201' };
  expect(newProblems(before, gone)).toEqual([]);
});
