// The files and commands that the guide names exist.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(TOP, 'deploy/README.md'), 'utf8');
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

test('every file of Phoenix that a command names exists', () => {
  const made = /^deploy\/(\.env(\.agent)?$|(secrets|files)\b)/;
  const named = [...text.matchAll(/(?<![\w/.])(?:deploy|src|\.github)\/[\w./-]*\w/g)].map(([path]) => path);
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((path) => !made.test(path) && !existsSync(join(TOP, path)));
  expect(missing).toEqual(['.github/workflows/phoenix.yml']);
});

test('every command is one for a shell', () => {
  for (const code of blocks('sh')) {
    expect(spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  }
});

test('the caller of the workflow passes its inputs', () => {
  const [caller = ''] = blocks('yaml');
  const { with: given, uses } = parse(caller).jobs.plan;
  const path = /^[\w-]+\/[\w-]+\/(.*)@COMMIT$/.exec(uses)?.[1] ?? '';
  const { inputs } = parse(readFileSync(join(TOP, path), 'utf8')).on.workflow_call;
  const required = Object.keys(inputs).filter((name) => inputs[name].required === true);
  expect(Object.keys(given)).toEqual(required);
});

test('the key on the host is held to the one command, as it is tested', () => {
  const [line = ''] = text.match(/^echo "restrict.*$/m) ?? [];
  expect(line).toContain('restrict,command=\\"exec /usr/local/lib/phoenix/phoenix-shell\\" $(cat ssh-key.pub)');
});

test('all that the one command reads is put beside it', () => {
  const installed = [...text.matchAll(/^install -m \d+ (ssh\/.*) \/usr\/local\/lib\/phoenix\/$/gm)];
  const files = installed.flatMap(([, names = '']) => names.split(' '));
  expect(files).toEqual(['ssh/phoenix-shell', 'ssh/programs', 'ssh/scripts', 'ssh/session.pl']);
});

test('images are the ones of the compose file', () => {
  const { services } = parse(readFileSync(join(TOP, 'deploy/compose.yml'), 'utf8'));
  for (const image of [services.phoenix.image, services.redis.image]) expect(text).toContain(image);
});
