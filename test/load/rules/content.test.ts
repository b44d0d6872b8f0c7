// Files whose content does not fit their use.

import { describe, expect, test } from 'vitest';
import { READING } from '../../../src/load/reading.ts';
import { environment, type Files, loadFiles } from '../environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const MANIFEST = 'stacks/shop/phoenix.json';

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`;
const bytes = (...parts: (number[] | string)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)));

/** `file:line: message` of every problem with the code. */
function said(files: Files): string[] {
  return loadFiles(files)
    .problems.filter(({ code }) => code === 'NOT_THE_CONTENT')
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

const FEATURE = 'features/own/install.sh';
const APPLICATION = 'bin/start.sh';
const CHECK = 'bin/health/check.sh';
const HANDED_IN = 'stacks/shop/app.conf';

/** Every way in which a file of the repository is used without being read. */
function using(content: Files): Files {
  const files: Files = {
    ...environment(),
    [FEATURE]: '#!/bin/sh\n:\n',
    [APPLICATION]: '#!/bin/sh\n:\n',
    [CHECK]: '#!/bin/sh\n:\n',
    [HANDED_IN]: 'a = 1\n',
  };
  Object.assign(files[LXC].lxc_configs['101'], {
    features: ['own'],
    application_script: 'start.sh',
    health_check: { command: 'bin/health/check.sh --fast' },
  });
  files[MANIFEST].environments.production.files = [{ source: 'app.conf', destination_in_container: '/app.conf' }];
  return { ...files, ...content };
}

test('sound files are used', () => {
  expect(loadFiles(using({})).problems).toEqual([]);
});

const SCRIPTS = [FEATURE, APPLICATION, CHECK];

describe.each(SCRIPTS)('the script %s', (path) => {
  test.each([
    ['a pointer of Git LFS', LFS_POINTER, 1, 'is a pointer of Git LFS, not the content'],
    ['one with CR LF', LFS_POINTER.replaceAll('\n', '\r\n'), 1, 'is a pointer of Git LFS, not the content'],
    ['a pointer of git-annex', '/annex/objects/SHA256E-s12--ab.sh\n', 1, 'is a pointer of git-annex, not the content'],
    ['CR LF', '#!/bin/bash\r\n:\r\n', 1, 'the first line ends with CR LF: there is no program "/bin/bash\\r"'],
    [
      'CR LF further down',
      '#!/bin/bash\n:\nif :; then\r\n',
      3,
      'a line ends with CR LF: the shell takes the CR for a part of the word',
    ],
    ['CR LF without #!', ':\r\n', 1, 'a line ends with CR LF: the shell takes the CR for a part of the word'],
    [
      'a mark',
      '\uFEFF#!/bin/sh\n',
      1,
      'a byte order mark stands before the first line, so that it does not begin with #!',
    ],
    ['UTF-16', bytes([0xff, 0xfe, 0x23, 0, 0x21, 0]), 1, 'is UTF-16, not UTF-8'],
    ['Latin-1', bytes('#!/bin/sh\necho M', [0xfc], 'nchen\n'), 2, 'is not UTF-8: a byte has no meaning here'],
    ['a zero byte', bytes('#!/bin/sh\n:', [0]), 2, 'holds a zero byte, so it is not text'],
    ['a program', bytes([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), 1, 'is a program (ELF), not text'],
    ['nothing', '', 1, 'the script is empty'],
    ['white space', ' \n\n', 1, 'the script is empty'],
  ])('%s', (_, content, line, message) => {
    const files = using({ [path]: content });
    expect(said(files)).toEqual([`${path}:${line}: ${message}`]);
    const [problem, ...others] = loadFiles(files).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ severity: 'error', target: 'lxc/101', path: '', hint: expect.any(String) });
  });

  test.each([
    ['CR LF in Python below its first line', '#!/usr/bin/env python3\nprint(1)\r\n'],
    ['text in other scripts', '#!/bin/sh\necho 日本\n'],
    ['a CR that ends no line', "#!/bin/sh\nprintf 'a\rb'\n"],
    ['words of LFS in a script', '#!/bin/sh\n# version https://git-lfs.github.com/spec/v1\n'],
  ])('%s is fine', (_, content) => {
    expect(said(using({ [path]: content }))).toEqual([]);
  });
});

describe('a file of a stack', () => {
  test.each([
    ['app.conf', LFS_POINTER, 'is a pointer of Git LFS, not the content'],
    ['logo.png', LFS_POINTER, 'is a pointer of Git LFS, not the content'],
    ['app.env', bytes('A=', [0xfc]), 'is not UTF-8: a byte has no meaning here'],
    ['app.env', bytes([0xff, 0xfe, 0x41, 0]), 'is UTF-16, not UTF-8'],
    ['app.conf', bytes([0x1f, 0x8b, 8, 0]), 'is packed by gzip, not text'],
    ['secret.yml', bytes([0], 'GITCRYPT', [0, 1]), 'is encrypted by git-crypt, not text'],
    ['start', '#!/bin/sh\r\n', 'the first line ends with CR LF: there is no program "/bin/sh\\r"'],
    ['start', '\uFEFF#!/bin/sh\n', 'a byte order mark stands before the first line, so that it does not begin with #!'],
  ])('%s', (name, content, message) => {
    const files = using({ [`stacks/shop/${name}`]: content });
    files[MANIFEST].environments.production.files[0].source = name;
    expect(said(files)).toEqual([`stacks/shop/${name}:1: ${message}`]);
    expect(loadFiles(files).problems[0]).toMatchObject({ target: 'stack/1001.shop' });
  });

  test.each([
    ['logo.png', bytes([0x89, 0x50, 0x4e, 0x47, 0, 0xff])],
    ['data.bin', bytes([0, 1, 2, 0xff])],
    ['empty.conf', ''],
    ['windows.conf', 'a = 1\r\n'],
    ['marked.csv', '\uFEFFa;b\n'],
  ])('%s is handed in as it is', (name, content) => {
    const files = using({ [`stacks/shop/${name}`]: content });
    files[MANIFEST].environments.production.files[0].source = name;
    expect(said(files)).toEqual([]);
  });
});

test.each([LXC, VM, 'etc/phoenix_hypervisor_config.json', MANIFEST, 'stacks/shop/docker-compose.yml'])(
  'a pointer in place of %s is named for what it is',
  (path) => {
    const files: Files = { ...environment(), [path]: LFS_POINTER };
    expect(said(files)).toEqual([`${path}:1: is a pointer of Git LFS, not the content`]);
    expect(loadFiles(files)).toMatchObject({ config: null, draft: null });
  },
);

test('an unused file may contain anything', () => {
  expect(said(using({ 'features/other/install.sh': LFS_POINTER, 'bin/old.sh': '', 'x.iso': LFS_POINTER }))).toEqual([]);
});

test.each([
  ['etc/phoenix_hypervisor_config.json', 'Write at least {"domain_name": "example.internal"}.'],
  [LXC, 'Write {"lxc_configs": {}} for no containers, or remove the file.'],
  [VM, 'Write {"vms": []} for no VMs, or remove the file.'],
  ['etc/certificate-manifest.json', 'Write [] for no certificates, or remove the file.'],
  [MANIFEST, 'Write {"environments": {"production": {}}}, or remove the folder of the stack.'],
  ['stacks/shop/docker-compose.yml', 'Write "services:" with what is to run, or remove the folder of the stack.'],
])('the advice for an empty %s fits it, and following it is right', (path, hint) => {
  const [problem] = loadFiles({ ...environment(), [path]: '\n' }).problems;
  expect(problem).toMatchObject({ file: path, message: 'the file is empty', hint });
  const advised = /^Write (?:at least )?([[{].*?[\]}])(?: for |, or |\.$)/.exec(hint)?.[1];
  if (advised === undefined) return;
  const after = loadFiles({ ...environment(), [path]: advised }).problems.filter(({ file }) => file === path);
  expect(after.filter(({ code }) => ['SYNTAX', 'INVALID_VALUE', 'UNKNOWN_KEY'].includes(code))).toEqual([]);
});

test('only files that the configuration names are checked', () => {
  const read = (path: string, content: unknown) =>
    READING.usedFiles(path, new TextEncoder().encode(JSON.stringify(content)));
  expect(read(LXC, { a: ['/usr/local/phoenix_hypervisor/bin/x.sh --y', 'start.sh', 'own'] })).toEqual(
    expect.arrayContaining(['bin/x.sh', 'bin/start.sh', 'features/own/install.sh']),
  );
  expect(read(MANIFEST, { source: 'etc/app.conf' })).toEqual([
    'source',
    'stacks/shop/source',
    'etc/app.conf',
    'stacks/shop/etc/app.conf',
  ]);
  expect(read('stacks/shop/docker-compose.yml', 'x')).toEqual([]);
});
