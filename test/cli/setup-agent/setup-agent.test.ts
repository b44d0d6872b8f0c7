// `phoenix setup-agent`: answers from the command line or a terminal become the files that the service reads and a webhook at the forge; a second run
// changes nothing.

import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { type LabForge, type LabForgeOptions, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askFromPipe } from '../../../src/cli/ask-from-pipe.ts';
import { isPlain, withVariables } from '../../../src/cli/setup-agent/env-file.ts';
import { type SetupAgentArgs, setupAgent } from '../../../src/cli/setup-agent/setup-agent.ts';
import { environment } from '../../support/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { pressButton } from '../app-page.ts';
import { captured } from '../captured.ts';
import { phoenix } from '../phoenix.ts';

const TOKEN = 'the-token-of-the-forge';
const PUBLIC = 'https://phoenix.example.internal';
const EXAMPLE = new URL('../../../deploy/systemd/env.example', import.meta.url);

let folder: string;
let file: string;
let forge: LabForge | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-setup-agent-'));
  await mkdir(join(folder, 'etc'));
  file = join(folder, 'etc/env');
  // As it is installed, but for the host, which this machine is not.
  const example = await readFile(EXAMPLE, 'utf8');
  await writeFile(file, example.replace(/^PHOENIX_HOST=local$/m, 'PHOENIX_HOST=lab'));
  await writeFile(join(folder, 'token'), `${TOKEN}\n`);
});
afterEach(async () => {
  await forge?.close();
  forge = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function startedForge(kind: 'github' | 'gitea' | 'gitlab', more: Partial<LabForgeOptions> = {}) {
  const started = await startForge({ folder: join(folder, 'forge'), kind, secret: 'none', token: TOKEN, ...more });
  forge = started;
  const repo = await openConfigRepo(join(folder, 'person'), started.pushUrl);
  await repo.commit(environment({}));
  await repo.push();
  return started;
}

const answers = (of: LabForge): string[] => [
  ...['--repo-url', of.repositoryUrl, '--forge', of.kind, '--forge-api', of.url],
  ...['--forge-token-file', join(folder, 'token'), '--public-url', PUBLIC],
];
const setUp = (...args: readonly string[]) => phoenix(['setup-agent', '--env-file', file, ...args], {});
const inFolder = async (name: string) => readFile(join(folder, 'etc', name), 'utf8');

async function everyFile(): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, 'etc'))).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await inFolder(name)] as const)));
}

test('a folder for the settings that is not there is made, for its owner alone', async () => {
  const there = join(folder, 'new/etc/env');
  const given = ['--repo-url', 'https://git.invalid/a/b.git', '--forge', 'none', '--public-url', PUBLIC];
  const { stdout } = await phoenix(['setup-agent', '--env-file', there, ...given], {});
  expect(stdout).toContain(there);
  expect((await stat(join(folder, 'new/etc'))).mode & 0o777).toBe(0o700);
  expect(await readFile(there, 'utf8')).toContain('PHOENIX_REPO_URL=https://git.invalid/a/b.git');
});

describe.each(['github', 'gitea', 'gitlab'] as const)('at %s', (kind) => {
  test(
    'answers that are given become settings and a webhook, and the same again changes nothing',
    longUnless(kind === 'github'),
    async () => {
      const at = await startedForge(kind, { tokenRight: 'admin' });
      const { stdout, stderr } = await setUp(...answers(at));
      expect(stderr).toBe('');
      expect(stdout).toContain(`The forge sends webhooks to ${PUBLIC}/webhooks now.`);
      expect(stdout).toMatch(/^ok +repository: /m);
      expect(stdout).toMatch(/^ok +forge: /m);
      const text = await inFolder('env');
      expect(text).toContain(`\nPHOENIX_REPO_URL=${at.repositoryUrl}\nPHOENIX_BRANCH=main\n`);
      expect(text).toContain(`\nPHOENIX_PUBLIC_URL=${PUBLIC}\n`);
      expect(await inFolder('forge-token')).toBe(TOKEN);
      for (const name of ['env', 'forge-token', 'webhook-secret', 'admin-token'])
        expect(((await stat(join(folder, 'etc', name))).mode & 0o777).toString(8), name).toBe('600');
      expect(stdout + stderr).not.toMatch(new RegExp(`${TOKEN}|${await inFolder('webhook-secret')}`));

      const before = await everyFile();
      const again = await setUp();
      expect(again.stdout).toContain('says all of it already');
      expect(again.stdout).toContain(`The webhook to ${PUBLIC}/webhooks has the secret and the events`);
      expect(await everyFile()).toEqual(before);
      // One webhook, whose deliveries are signed with that secret.
      const mine = at.hooks();
      expect(mine.map(({ url }) => url)).toEqual([`${PUBLIC}/webhooks`]);
      expect(mine[0]?.secret).toBe(before['webhook-secret']);
    },
  );

  test("a webhook with another secret gets the agent's", longUnless(kind === 'github'), async () => {
    const at = await startedForge(kind, { tokenRight: 'admin', webhookUrl: `${PUBLIC}/webhooks` });
    expect((await setUp(...answers(at))).stdout).toContain('has the secret and the events that Phoenix needs');
    expect(at.hooks().map(({ secret }) => secret)).toEqual([await inFolder('webhook-secret')]);
  });
});

test('where the token may not create a webhook, it says what to fill in, and continues', async () => {
  const at = await startedForge('gitea');
  const { stdout } = await setUp(...answers(at));
  expect(stdout).toMatch(/does not let this login make a webhook \(HTTP 403/);
  expect(stdout).toContain(`the secret in ${join(folder, 'etc/webhook-secret')}, and "Push", "Pull Request"`);
  expect(stdout).toMatch(/^ok +repository: /m);
});

test('missing settings files are created at the given path', async () => {
  const made = join(folder, 'etc/new');
  const words = ['--repo-url', `${folder}/nowhere.git`, '--forge', 'none'];
  const { exit, stderr } = await phoenix(['setup-agent', '--env-file', made, ...words], {});
  expect([exit, stderr]).toEqual([1, expect.stringContaining('PHOENIX_REPO_URL')]);
});

test('without a terminal it names every missing option, and nothing is written', async () => {
  const before = await everyFile();
  const { exit, stderr } = await setUp('--repo-url', 'https://git.example.internal/you/home.git');
  expect(exit).toBe(2);
  expect(stderr).toBe(
    'phoenix setup-agent: standard input is no terminal, so nobody can be asked; give as options: --forge, --forge-token-file\n',
  );
  expect(await everyFile()).toEqual(before);
});

test.each([
  [['--repo-url', 'git@github.com:you/home.git', '--forge', 'none'], 'PHOENIX_REPO_URL'],
  [['--repo-url', 'https://github.com/me/home.git', '--forge', 'svn', '--forge-token-file', 'TOKEN'], 'PHOENIX_FORGE'],
  [
    ['--repo-url', 'https://github.com/me/home.git', '--forge', 'none', '--public-url', 'phoenix'],
    'PHOENIX_PUBLIC_URL',
  ],
  [['--repo-url', 'https://github.com/me/a b.git', '--forge', 'none'], 'PHOENIX_REPO_URL'],
  [['--repo-url', 'https://github.com/me/home.git\nPHOENIX_ADMIN_TOKEN=x', '--forge', 'none'], 'PHOENIX_REPO_URL'],
])('%j are no settings: it says which, and nothing is written', async (args, variable) => {
  const before = await everyFile();
  const { exit, stderr } = await setUp(...args.map((word) => (word === 'TOKEN' ? join(folder, 'token') : word)));
  expect(exit).toBe(1);
  expect(stderr).toContain(variable);
  expect(stderr).toContain('nothing was written');
  expect(await everyFile()).toEqual(before);
});

test('a wrong answer is named where others are missing: what is missing may follow from it', async () => {
  const { exit, stderr } = await setUp('--repo-url', 'https://github.com/me/home.git', '--forge', 'svn');
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/^PHOENIX_FORGE: "svn" [\s\S]*--forge-token-file/)]);
  expect(stderr).not.toContain('PHOENIX_WEBHOOK_SECRET');
});

test(
  'at a terminal it asks for missing values, the token hidden, and for nothing that is known',
  LONG_TEST,
  async () => {
    const at = await startedForge('gitea', { tokenRight: 'admin' });
    const asked: string[] = [];
    const said = (text: string | null) => async (question: string, how?: { readonly hidden: boolean }) => {
      asked.push(`${question.split(/[,:?(]/)[0]}${how?.hidden === true ? ' (hidden)' : ''}`);
      if (question.startsWith('Address of the config repo')) return at.repositoryUrl;
      if (question.startsWith('Which forge')) return 'gitea';
      if (question.startsWith('Your name there')) return '';
      return question.startsWith('Token') ? TOKEN : text;
    };
    const args: SetupAgentArgs = { envFile: file, forgeApi: at.url };
    const { out: stdout } = await captured((io) => setupAgent(args, { ...io, ask: said('') }), {});
    expect(asked).toEqual([
      'Address of the config repo',
      'Which forge is that',
      'Address at which the forge reaches this agent',
      'Your name there',
      'Token of the forge (hidden)',
    ]);
    // Before it asks for the token, it says where to create one.
    expect(stdout).toContain(
      `Make a token at ${at.url}/user/settings/applications\n  with the scopes write:repository`,
    );
    expect(stdout).toContain('No webhook: without an address');
    expect(await inFolder('forge-token')).toBe(TOKEN);
    asked.length = 0;
    await captured((io) => setupAgent(args, { ...io, ask: said(PUBLIC) }), {});
    expect(asked).toEqual(['Address at which the forge reaches this agent']);
    expect(at.hooks().map(({ url }) => url)).toEqual([`${PUBLIC}/webhooks`]);
  },
);

describe('answers in a pipe', () => {
  /** @param lines null: a pipe without input */
  const piped = (lines: readonly string[] | null) => {
    const stdin = lines === null ? new PassThrough() : Readable.from(lines.map((line) => `${line}\n`));
    const shown: string[] = [];
    const stderr = { write: (text: string) => shown.push(text) };
    const streams = { stdin, stderr } as unknown as Parameters<typeof askFromPipe>[0];
    return { askPiped: askFromPipe(streams, lines === null ? 1 : undefined), shown };
  };

  test('are taken line by line and shown nowhere', async () => {
    const at = await startedForge('gitea', { tokenRight: 'admin' });
    const { askPiped, shown } = piped([at.repositoryUrl, 'gitea', '', '', TOKEN]);
    const args = { envFile: file, forgeApi: at.url };
    const { out, err } = await captured((io) => setupAgent(args, { ...io, askPiped }));
    expect(out).toMatch(/^ok +forge: /m);
    expect(await inFolder('forge-token')).toBe(TOKEN);
    expect(shown).toHaveLength(5);
    expect(shown.join('') + out + err).not.toContain(TOKEN);
  });

  test.each([
    ['that end too early', ['https://git.example.internal/you/home.git', 'gitea'], '--forge-token-file'],
    ['that nobody gives', null, '--repo-url'],
  ])('%s: it says which question has none and which option answers it', async (_, lines, option) => {
    const before = await everyFile();
    const { exit, err } = await captured((io) => setupAgent({ envFile: file }, { ...io, ...piped(lines) }));
    expect(exit).toBe(2);
    expect(err).toMatch(/^phoenix setup-agent: nothing was written: standard input has no answer to\n/);
    expect(err).toContain(`(or give ${option})\n`);
    expect(await everyFile()).toEqual(before);
  });
});

describe('a password at Gitea', () => {
  const PASSWORD = 'correct horse: battery';
  const ask = (password: string, at: LabForge) => async (question: string, how?: { readonly hidden: boolean }) => {
    if (question.startsWith('Your name there')) return 'phoenix-agent';
    if (question.startsWith('Your password there')) return how?.hidden === true ? password : 'it was shown';
    return question.startsWith('Address of the config repo') ? at.repositoryUrl : '';
  };
  const said = (at: LabForge, password: string) =>
    captured((io) =>
      setupAgent({ envFile: file, forge: 'gitea', forgeApi: at.url }, { ...io, ask: ask(password, at) }),
    );

  test('creates the token, and is stored nowhere', async () => {
    const at = await startedForge('gitea', { password: PASSWORD });
    const before = await everyFile();
    const wrong = await said(at, 'another');
    expect(wrong.exit).toBe(1);
    expect(wrong.err).toContain('makes no token for this name and password (HTTP 401: invalid username');
    expect(await everyFile()).toEqual(before);

    const { out, err } = await said(at, PASSWORD);
    expect(out).toMatch(/^Made the token "phoenix on .+" at the forge\.$/m);
    expect(out).toMatch(/^ok +forge: /m);
    const after = await everyFile();
    expect(after['forge-token']).toBe(TOKEN);
    expect(out + err + Object.values(after).join()).not.toContain(PASSWORD);
  });

  test('is read from a file without a terminal', async () => {
    const at = await startedForge('gitea', { password: PASSWORD });
    await writeFile(join(folder, 'password'), `${PASSWORD}\n`);
    const args = { forgeUser: 'phoenix-agent', forgePasswordFile: join(folder, 'password') };
    const all = { envFile: file, repoUrl: at.repositoryUrl, forge: 'gitea', forgeApi: at.url, ...args };
    await captured((io) => setupAgent(all, io));
    expect(await inFolder('forge-token')).toBe(TOKEN);
  });
});

test('at GitHub one press in a browser makes an App, which is what the agent logs in as', LONG_TEST, async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const at = await startedForge('github', { app: { id: 7, publicKey } });
  const heard: string[] = [];
  const asked: string[] = [];
  const args = { envFile: file, repoUrl: at.repositoryUrl, forge: 'github', forgeApi: at.url, publicUrl: PUBLIC };
  const ended = captured((io) =>
    setupAgent(args, {
      ...io,
      stderr: (text) => void heard.push(text),
      ask: async (question) => {
        asked.push(question);
        return question.startsWith('Make a GitHub App') ? 'y' : '';
      },
    }),
  );
  const page = () => /Open (http:\/\/127\.0\.0\.1:\d+)/.exec(heard.join(''))?.[1];
  await until(() => page() !== undefined, 'the page with the button');
  await pressButton(page() ?? '');
  const { out } = await ended;
  expect(asked.map((question) => question.split(/[,:]/)[0])).toEqual([
    'Make a GitHub App for the agent',
    'Enter once it is installed',
  ]);
  const [, id, installation] = /^PHOENIX_APP_ID=(\d+)\nPHOENIX_APP_KEY_FILE=(.*)$/m.exec(await inFolder('env')) ?? [];
  expect(installation).toBe(join(folder, `etc/github-app-${id}.pem`));
  expect(await readFile(installation ?? '', 'utf8')).toContain('PRIVATE KEY');
  expect(await inFolder('env')).toContain('\nPHOENIX_FORGE_TOKEN_FILE=\n');
  expect(out).toContain('/installations/new\n');
  expect(out).toContain('A GitHub App has its own webhook');
  // It signs with the secret that the agent verifies with, which is shown nowhere.
  expect((await stat(join(folder, 'etc/webhook-secret'))).mode & 0o777).toBe(0o600);
  expect(out + heard.join('')).not.toContain(await inFolder('webhook-secret'));
});

test('an unreachable forge is reported, and the settings are saved for the next attempt', async () => {
  const at = await startedForge('github');
  const all = answers(at);
  await at.close();
  forge = undefined;
  const person = { envFile: file, repoUrl: at.repositoryUrl, forge: 'gitea', forgeApi: at.url, forgeUser: 'ada' };
  await expect(
    captured((io) => setupAgent({ ...person, forgePasswordFile: join(folder, 'token') }, io)),
  ).rejects.toThrow(`no token was made: the forge at ${at.url} does not answer: ECONNREFUSED`);
  const { exit, stdout } = await setUp(...all);
  expect(exit).toBe(3);
  expect(stdout).toContain('what was answered is kept');
  expect(await inFolder('env')).toContain(at.repositoryUrl);
});

test('values are set in the file, once each, and nothing else of it changes', () => {
  const name = fc.stringMatching(/^PHOENIX_[A-Z]{1,6}$/);
  const line = fc.oneof(
    fc.constant(''),
    fc.stringMatching(/^# [a-z ]{0,12}$/),
    fc.tuple(fc.constantFrom('', '#'), name, fc.stringMatching(/^[a-z]{0,5}$/)).map(([a, b, c]) => `${a}${b}=${c}`),
  );
  const values = fc.dictionary(name, fc.stringMatching(/^[a-z:/.]{1,10}$/), { minKeys: 1 });
  fc.assert(
    fc.property(fc.array(line), values, (lines, given) => {
      const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
      const changed = withVariables(text, new Map(Object.entries(given)));
      expect(withVariables(changed, new Map(Object.entries(given)))).toBe(changed);
      for (const [variable, value] of Object.entries(given))
        expect(changed.split('\n').findLast((each) => each.startsWith(`${variable}=`))).toBe(`${variable}=${value}`);
      const others = (of: string) =>
        of.split('\n').filter((each) => !Object.keys(given).some((one) => new RegExp(`^#?${one}=`).test(each)));
      expect(others(changed).join('\n').replace(/\n*$/, '')).toBe(others(text).join('\n').replace(/\n*$/, ''));
    }),
  );
  expect(['https://a.example/x?y=1&z=%20', 'a\nb', 'a b', '"', '$(x)', '\\'].map(isPlain)).toEqual([
    true,
    ...Array(5).fill(false),
  ]);
});
