// What people who begin write wrong, each told with what to do: from the files of a folder to the words that they read.

import { describe, expect, test } from 'vitest';
import { environment, type Files, loadFiles } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

/** Errors of the files, as `message | hint`. */
function told(files: Files): string[] {
  return loadFiles(files)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ message, hint }) => `${message} | ${hint}`);
}

/** The environment with one thing changed. */
function changed(change: (files: Files) => void): string[] {
  const files: Files = environment();
  change(files);
  return told(files);
}

describe('a number as text', () => {
  test.each([
    ['memory_mb', '"512"', '512'],
    ['cores', '"2"', '2'],
    ['start_at_boot', '"true"', 'true'],
    ['storage_size_gb', '"8"', '8'],
  ])('%s: %s', (field, written, meant) => {
    const [first, ...others] = changed((files) => {
      files[LXC].lxc_configs['101'][field] = JSON.parse(written);
    });
    expect(others).toEqual([]);
    expect(first).toMatch(new RegExp(`^"${field}" is "`));
    expect(first?.endsWith(`| Write ${meant}, without quotes.`)).toBe(true);
  });

  test('and text as a number', () => {
    const [first] = changed((files) => {
      files[LXC].lxc_configs['101'].name = 101;
    });
    expect(first).toContain('| Write "101", in quotes.');
  });

  test('an id may be either', () => {
    expect(
      changed((files) => {
        files[LXC].lxc_configs['101'].dependencies = ['900'];
        files[VM].vms[1].vmid = '1001';
      }),
    ).toEqual([]);
  });

  test('what would be wrong without quotes too gets no such advice', () => {
    const [first] = changed((files) => {
      files[LXC].lxc_configs['101'].memory_mb = '1';
    });
    expect(first).not.toContain('without quotes');
  });

  test('a secret is not shown by it', () => {
    const [first] = changed((files) => {
      files[VM].vms[1].user_config = { username: 'ada', password_hash: 12345678 };
    });
    expect(first).not.toContain('12345678');
  });
});

test.each([
  ['Europe/Belrin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  ['Berlin', 'Europe/Berlin'],
])('a time zone that is none is told with the nearest: %s', (written, meant) => {
  const [first] = changed((files) => {
    files[HYPERVISOR].timezone = written;
  });
  expect(first).toContain(`did you mean "${meant}"?`);
});

test('an id in both files of guests says that one of the two is wrong', () => {
  const [first] = changed((files) => {
    files[VM].vms[1].vmid = 101;
  });
  expect(first).toMatch(/^Id 101 of .* is taken by lxc\/101.*\| .*take it out of the wrong one, or give it a free id/);
});

test('a file as YAML, where Phoenix reads JSON, is not taken for none', () => {
  const problems = changed((files) => {
    files['etc/phoenix_vm_configs.yml'] = 'vms:\n  - vmid: 1001\n';
    delete files[VM];
  });
  const yaml = problems.filter((each) => each.includes('YAML'));
  expect(yaml).toEqual([
    `this file is YAML, and Phoenix reads ${VM} | Turn it into JSON, for example with: yq --output-format json etc/phoenix_vm_configs.yml > ${VM}.`,
  ]);
});

test("notes in YAML beside a file that is there are nobody's business", () => {
  expect(
    changed((files) => {
      files['etc/phoenix_vm_configs.yaml'] = 'old: true\n';
    }),
  ).toEqual([]);
});
