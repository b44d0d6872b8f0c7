// The forge's token in a file: renewing it needs no restart of Phoenix.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { forgeOptions } from '../../src/cli/rehearse/open-host.ts';
import { openRedactor } from '../../src/io/redact.ts';
import { readSettings } from '../../src/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoenix-token-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a token that is renewed in its file is used from then on, and hidden', () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'the-first-token\n');
  const environment = { PHOENIX_REPO_URL: 'https://github.com/you/environment', PHOENIX_FORGE_TOKEN_FILE: file };
  const { settings } = readSettings(environment, (path) => readFileSync(path, 'utf8'), { receiving: false });
  if (settings === null) throw new Error('the settings are not understood');
  const redactor = openRedactor();
  const login = forgeOptions(settings, redactor)?.login;
  if (login?.as !== 'token') throw new Error('there is no token');
  expect(login.token()).toBe('the-first-token');
  writeFileSync(file, 'the-second-token\n');
  expect(login.token()).toBe('the-second-token');
  expect(redactor.redact('with the-second-token')).not.toContain('the-second-token');
  // Half-way through being replaced it is empty, or not there.
  writeFileSync(file, '');
  expect(login.token()).toBe('the-second-token');
  rmSync(file);
  expect(login.token()).toBe('the-second-token');
});
