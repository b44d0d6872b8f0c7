// Check runs and installations of a GitHub App, against the lab's GitHub.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openForge } from '../../../src/io/forge/forge.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { Details, StatusState } from '../../../src/model/report.ts';
import type { Forge } from '../../../src/ports/forge.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { SUBJECT } from '../../support/status.ts';

const APP_ID = 7;

let folder: string;
let lab: LabForge;
let forge: Forge;
let commit: CommitSha;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-app-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  lab = await startForge({
    folder: join(folder, 'forge'),
    secret: 's',
    token: 'forge-token',
    app: { id: APP_ID, publicKey },
  });
  const repo = await openConfigRepo(join(folder, 'ada'), lab.pushUrl);
  commit = await repo.commit({ a: '1' });
  await repo.push();
  const login = {
    as: 'app',
    id: String(APP_ID),
    key: String(privateKey.export({ type: 'pkcs1', format: 'pem' })),
  } as const;
  const opened = openForge({ kind: 'github', api: lab.url, login, repository: lab.repository, branch: 'main' });
  if (opened === null) throw new Error('there is no forge');
  forge = opened;
});

afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends the state of `context` with problems at these lines; resolves to the handle for the next one. */
async function say(context: string, state: StatusState, lines: readonly number[], handle: string | null) {
  const details: Details = {
    summary: 'x',
    annotations: lines.map((line) => ({ path: 'a', line, level: 'failure', title: 'CODE', message: 'wrong' })),
    buttons: [],
  };
  const told = { commit, context, state, description: state, url: null, about: SUBJECT };
  const result = await forge.setStatus(told, details, handle);
  if (!result.sent) throw new Error(result.reason);
  return result.handle;
}

/** The runs of a check, oldest first, as `conclusion: lines`. */
function shown(context: string): string[] {
  const runs = lab.checks().filter(({ name }) => name === context);
  return runs.map(({ conclusion, annotations }) => `${conclusion}: ${annotations.map((each) => each.start_line)}`);
}

test('a check that is reported again shows the problems of its last report only', async () => {
  const waits = await say('phoenix/plan', 'pending', [1, 2], null);
  const goesOn = await say('phoenix/plan', 'pending', [1, 2], waits);
  const first = await say('phoenix/plan', 'failure', [1, 2], goesOn);
  expect(shown('phoenix/plan')).toEqual(['failure: 1,2']);
  const second = await say('phoenix/plan', 'failure', [2], first);
  const third = await say('phoenix/plan', 'success', [], second);
  expect(shown('phoenix/plan')).toEqual(['failure: 1,2', 'failure: 2', 'success: ']);
  // Without annotations, the same run is changed.
  await say('phoenix/plan', 'error', [], third);
  expect(shown('phoenix/plan')).toEqual(['failure: 1,2', 'failure: 2', 'cancelled: ']);
});

test('a check whose end is sent again, since its answer was lost, shows each problem once', async () => {
  const open = await say('phoenix/validate', 'pending', [], null);
  await say('phoenix/validate', 'failure', [1, 2], open);
  await say('phoenix/validate', 'failure', [1, 2], open);
  expect(shown('phoenix/validate')).toEqual(['failure: 1,2', 'failure: 1,2']);
});

test('what an earlier version completed is followed by a new run, since it may have annotations', async () => {
  const handle = await say('phoenix/drift', 'failure', [1], null);
  await say('phoenix/drift', 'failure', [2], `${handle?.split(' ')[0]} ended`);
  expect(shown('phoenix/drift')).toEqual(['failure: 1', 'failure: 2']);
});

test(
  'an App that was taken out of the repository and installed again goes on without a restart',
  LONG_TEST,
  async () => {
    await say('phoenix/apply', 'pending', [], null);
    const before = await forge.token();
    lab.uninstallApp(APP_ID);
    const told = {
      commit,
      context: 'phoenix/apply',
      state: 'success',
      description: 'x',
      url: null,
      about: SUBJECT,
    } as const;
    // First its token is refused, then it has no installation.
    expect(await forge.setStatus(told, null, null)).toMatchObject({ sent: false, holds: true });
    const away = await forge.setStatus(told, null, null);
    expect(away).toMatchObject({ sent: false, reason: expect.stringContaining('install the App on it') });
    lab.installApp(APP_ID);
    expect(await forge.setStatus(told, null, null)).toMatchObject({ sent: true });
    expect(await forge.token()).not.toBe(before);
  },
);
