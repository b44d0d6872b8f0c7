// Settings from the environment: documented defaults, all problems at once with a remedy, secrets from files, and no secret that can be printed.

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readClientSettings } from '../src/settings/client.ts';
import { type Environment, readSettings, secretsOf } from '../src/settings.ts';

const least: Environment = {
  PHOENIX_REPO_URL: 'https://git.example.internal/team/environment.git',
  PHOENIX_WEBHOOK_SECRET: 'a-secret-of-good-length',
};

function read(environment: Environment, files: Record<string, string> = {}, receiving = true) {
  const readFile = (path: string) => {
    const content = files[path];
    if (content === undefined) throw new Error('ENOENT: no such file or directory');
    return content;
  };
  return readSettings(environment, readFile, { receiving });
}

describe('defaults', () => {
  test('the least that must be set gives every documented default', () => {
    const { settings, problems } = read({ ...least, HOME: '/home/user' });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      repositoryUrl: least['PHOENIX_REPO_URL'],
      branch: 'main',
      forge: { kind: 'none', api: null, token: null, app: null },
      adminToken: null,
      listen: { host: '127.0.0.1', port: 8080 },
      publicUrl: null,
      redisUrl: null,
      dataDir: '/home/user/.local/state/phoenix',
      host: { kind: 'local' },
      node: null,
      pollSeconds: 60,
      driftSeconds: 900,
      maxPackMb: 100,
      log: 'info',
      strictSecrets: false,
    });
  });

  test('an empty variable counts as not set', () => {
    expect(read({ ...least, PHOENIX_BRANCH: '', REDIS_URL: '' }).settings).toMatchObject({
      branch: 'main',
      redisUrl: null,
    });
  });

  test.each([
    ['github.com', 'github'],
    ['www.github.com', 'github'],
    ['gitlab.com', 'gitlab'],
    ['github.com.example', 'none'],
  ])('the address of %s names the forge %s', (host, kind) => {
    const url = `https://${host}/team/environment.git`;
    const { settings } = read({ ...least, PHOENIX_REPO_URL: url, PHOENIX_FORGE_TOKEN: 'token' });
    expect(settings?.forge.kind).toBe(kind);
  });
});

describe('values', () => {
  test.each([
    ['PHOENIX_LISTEN', '0.0.0.0:80', { listen: { host: '0.0.0.0', port: 80 } }],
    ['PHOENIX_LISTEN', '[::1]:0', { listen: { host: '::1', port: 0 } }],
    ['PHOENIX_LISTEN', '9000', { listen: { host: '127.0.0.1', port: 9000 } }],
    [
      'PHOENIX_HOST',
      'ssh://root@pve.example.internal',
      { host: { kind: 'ssh', destination: 'ssh://root@pve.example.internal' } },
    ],
    ['PHOENIX_HOST', 'lab', { host: { kind: 'lab' } }],
    ['PHOENIX_BRANCH', 'release/2026', { branch: 'release/2026' }],
    ['PHOENIX_PUBLIC_URL', 'https://phoenix.example.internal/', { publicUrl: 'https://phoenix.example.internal' }],
    ['PHOENIX_CONFIG_ROOT', './environments/lab/', { configRoot: 'environments/lab' }],
    ['PHOENIX_STRICT_SECRETS', '1', { strictSecrets: true }],
    ['PHOENIX_NODE', 'pve2', { node: 'pve2' }],
    ['PHOENIX_MAX_PACK_MB', '1900', { maxPackMb: 1900 }],
  ])('%s=%s', (variable, text, expected) => {
    expect(read({ ...least, [variable]: text }).settings).toMatchObject(expected);
  });

  test.each([
    ['PHOENIX_REPO_URL', 'git@example.internal:team/environment.git'],
    ['PHOENIX_REPO_URL', 'file:///etc'],
    ['PHOENIX_BRANCH', 'a..b'],
    ['PHOENIX_BRANCH', '--upload-pack=x'],
    ['PHOENIX_FORGE', 'bitbucket'],
    ['PHOENIX_LISTEN', '127.0.0.1:99999'],
    ['PHOENIX_LISTEN', 'localhost'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['PHOENIX_HOST', 'root@pve'],
    ['PHOENIX_HOST', 'ssh://-oProxyCommand=x'],
    ['PHOENIX_NODE', 'pve.example.internal'],
    ['PHOENIX_POLL_SECONDS', '0'],
    ['PHOENIX_POLL_SECONDS', '1e3'],
    ['PHOENIX_LOG', 'loud'],
    ['PHOENIX_MAX_PACK_MB', '0'],
    ['PHOENIX_MAX_PACK_MB', '4000'],
    ['PHOENIX_MAX_PACK_MB', '200M'],
    ['PHOENIX_CONFIG_ROOT', '../elsewhere'],
    ['PHOENIX_STRICT_SECRETS', 'yes'],
  ])('%s=%s is refused, with what to write instead', (variable, text) => {
    const { settings, problems } = read({ ...least, [variable]: text });
    expect(settings).toBeNull();
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', variable, hint: expect.stringMatching(/.+/) }),
    ]);
  });
});

describe('problems', () => {
  test('all of them are reported at once', () => {
    const { settings, problems } = read({ PHOENIX_FORGE: 'gitea', PHOENIX_LISTEN: 'here', PHOENIX_HOST: 'there' });
    expect(settings).toBeNull();
    expect(problems.map(({ variable }) => variable).sort()).toEqual([
      'PHOENIX_FORGE_TOKEN',
      'PHOENIX_HOST',
      'PHOENIX_LISTEN',
      'PHOENIX_REPO_URL',
      'PHOENIX_WEBHOOK_SECRET',
    ]);
  });

  test.each([
    ['git@git.example.internal:team/environment.git', 'https://git.example.internal/team/environment.git'],
    ['ssh://git@git.example.internal:2222/team/environment.git', 'https://git.example.internal/team/environment.git'],
    ['/srv/environment.git', 'https://github.com/you/environment.git'],
  ])('of a repository at %s the address over HTTP is named', (given, meant) => {
    const { problems } = read({ ...least, PHOENIX_REPO_URL: given });
    expect(problems).toContainEqual(
      expect.objectContaining({ variable: 'PHOENIX_REPO_URL', hint: `for example ${meant}` }),
    );
  });

  test('the webhook secret is needed only where webhooks are received', () => {
    const { PHOENIX_REPO_URL } = least;
    expect(read({ PHOENIX_REPO_URL }, {}, true).settings).toBeNull();
    expect(read({ PHOENIX_REPO_URL }, {}, false).settings).not.toBeNull();
  });

  test('the forge must not know the admin token', () => {
    const { settings, problems } = read({ ...least, PHOENIX_ADMIN_TOKEN: least['PHOENIX_WEBHOOK_SECRET'] });
    expect(settings).toBeNull();
    expect(problems[0]?.variable).toBe('PHOENIX_ADMIN_TOKEN');
  });

  test('a misspelt name and a short secret are warnings', () => {
    const { settings, problems } = read({
      ...least,
      PHOENIX_WEBHOOK_SECRET: 'short',
      PHOENIX_LISTN: '80',
      PHOENIX_DB_PASSWORD: 'x',
    });
    expect(settings).not.toBeNull();
    expect(problems).toMatchObject([
      { severity: 'warning', variable: 'PHOENIX_WEBHOOK_SECRET' },
      { severity: 'warning', variable: 'PHOENIX_LISTN', hint: 'did you mean PHOENIX_LISTEN?' },
    ]);
  });
});

describe('NAME_FILE', () => {
  test('a file gives the value, without its last line break', () => {
    const { PHOENIX_WEBHOOK_SECRET: _, ...rest } = least;
    const environment = {
      ...rest,
      PHOENIX_WEBHOOK_SECRET_FILE: '/run/secrets/webhook',
      PHOENIX_APP_ID: '7',
      PHOENIX_APP_KEY_FILE: '/key.pem',
    };
    const { settings } = read(environment, {
      '/run/secrets/webhook': 'from a file, long\n',
      '/key.pem': '-----BEGIN…\nkey\n',
    });
    expect(settings?.webhookSecret?.expose()).toBe('from a file, long');
    expect(settings?.forge.app?.key.expose()).toBe('-----BEGIN…\nkey');
  });

  test.each([
    ['a file that is not there', {}],
    ['an empty file', { '/run/secrets/admin': '\n' }],
  ])('%s is an error that names variable and path', (_, files) => {
    const { settings, problems } = read({ ...least, PHOENIX_ADMIN_TOKEN_FILE: '/run/secrets/admin' }, files);
    expect(settings).toBeNull();
    expect(problems).toMatchObject([
      { variable: 'PHOENIX_ADMIN_TOKEN_FILE', message: expect.stringContaining('/run/secrets/admin') },
    ]);
  });

  test('both ways at once is an error', () => {
    const { problems } = read({ ...least, PHOENIX_WEBHOOK_SECRET_FILE: '/x' }, { '/x': 'y' });
    expect(problems[0]).toMatchObject({ severity: 'error', variable: 'PHOENIX_WEBHOOK_SECRET' });
  });
});

test('no secret can be printed by accident', () => {
  const hidden = [
    'hook-secret-1234567',
    'admin-token-1234567',
    'forge-token-1234567',
    'redis-password',
    'url-password',
  ];
  const { settings } = read({
    ...least,
    PHOENIX_REPO_URL: `https://bot:${hidden[4]}@git.example.internal/team/environment.git`,
    PHOENIX_WEBHOOK_SECRET: hidden[0],
    PHOENIX_ADMIN_TOKEN: hidden[1],
    PHOENIX_FORGE_TOKEN: hidden[2],
    REDIS_URL: `redis://:${hidden[3]}@127.0.0.1`,
  });
  const shown = `${inspect(settings, { depth: 9, showHidden: true })}${JSON.stringify(settings)}${settings?.webhookSecret}`;
  for (const text of hidden) expect(shown).not.toContain(text);
  expect(shown).toContain('‹secret›');
  expect(settings?.repositoryLogin?.password.expose()).toBe(hidden[4]);
  expect(settings?.repositoryUrl).toBe('https://git.example.internal/team/environment.git');
});

describe('keys of those who sign commits', () => {
  const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleE';
  const PGP = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEaHk=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----';
  const keys = (text: string) => {
    const { settings, problems } = read({ ...least, PHOENIX_SIGNING_KEYS_FILE: '/keys' }, { '/keys': text });
    return settings?.signingKeys ?? problems.map(({ message, hint }) => `${message} | ${hint}`);
  };

  test('by default no commit has to be signed', () => {
    expect(read(least).settings?.signingKeys).toBeNull();
  });

  test('blocks of OpenPGP and lines of OpenSSH may be in any order', () => {
    const lines = [
      `ada@example.org ${SSH} laptop`,
      `*@example.org namespaces="git,file",valid-after="20260101",valid-before="20270101Z" ${SSH}`,
      `ca@example.org cert-authority ${SSH}`,
    ];
    const text = `# ours\n${lines[0]}\n${PGP}\n\n${lines[1]}\n${PGP}\n${lines[2]}\n`;
    expect(keys(text)).toEqual({ openpgp: [PGP, PGP], ssh: lines });
  });

  test.each([
    ['\n# none', 'PHOENIX_SIGNING_KEYS: holds no key'],
    [SSH, 'PHOENIX_SIGNING_KEYS: line 1 says of no one that the key is theirs'],
    [`${PGP}\nada ${SSH}\nada@example.org`, 'PHOENIX_SIGNING_KEYS: line 7 is neither an allowed signer'],
    [PGP.slice(0, 60), 'PHOENIX_SIGNING_KEYS: line 1 is no end or beginning of an OpenPGP public key'],
    [
      `ada namespace="git" ${SSH}`,
      'PHOENIX_SIGNING_KEYS: line 1 has the option namespace, which allowed signers do not have',
    ],
    [`ada valid-before="tomorrow" ${SSH}`, 'PHOENIX_SIGNING_KEYS: line 1 has "tomorrow" for a time'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', 'PHOENIX_SIGNING_KEYS: holds a private key'],
    [PGP.replace('PUBLIC', 'PRIVATE'), 'PHOENIX_SIGNING_KEYS: holds a private key'],
  ])('%j is refused', (text, message) => {
    expect(keys(text)).toEqual([expect.stringContaining(message)]);
  });
});

describe('steps at a time', () => {
  const steps = (text: string) => read({ ...least, PHOENIX_APPLY_STEPS: text });

  test('a number holds, and none is the default of each process', () => {
    expect([steps('24').settings?.applySteps, read(least).settings?.applySteps]).toEqual([24, null]);
  });

  test.each(['0', '257', '-1', 'all', '1.5'])('%s is refused', (text) => {
    expect(steps(text).problems.map(({ message }) => message)).toEqual([
      `PHOENIX_APPLY_STEPS: ${JSON.stringify(text)} is not a number of steps`,
    ]);
  });
});

describe('channels of notifications', () => {
  const told = (file: object, files: Record<string, string> = {}) =>
    read({ ...least, PHOENIX_NOTIFY_FILE: '/notify.json' }, { '/notify.json': JSON.stringify(file), ...files });
  const one = (channel: object) => told({ channels: { ops: channel } });

  test('are read by service, with secrets in files of their own, and no secret of theirs is shown', () => {
    const channels = {
      ops: { service: 'slack', url_file: '/slack', events: ['failure', 'approval'] },
      phone: { service: 'ntfy', url: 'https://ntfy.example/phoenix', token_file: '/token' },
      mail: { service: 'email', server: 'smtp://mail.example', from: 'p@example.org', to: 'ops@example.org' },
      hook: {
        service: 'webhook',
        url: 'https://x.example/h',
        headers: { 'X-Key': 'hidden-key' },
        template: ['{text}'],
      },
      node: { service: 'proxmox' },
    };
    const { settings, problems } = told(
      { channels },
      { '/slack': 'https://slack.example/hidden\n', '/token': 'tk_hidden' },
    );
    expect(problems).toEqual([]);
    expect(settings?.channels).toMatchObject([
      { name: 'ops', service: 'slack', events: ['failure', 'approval'] },
      {
        name: 'phone',
        service: 'ntfy',
        events: ['failure', 'approval', 'drift', 'certificate', 'host', 'orphan', 'fault'],
      },
      { name: 'mail', to: ['ops@example.org'], username: null, password: null },
      { name: 'hook', method: 'POST', template: ['{text}'] },
      { name: 'node', service: 'proxmox' },
    ]);
    const secrets = settings === null ? [] : secretsOf(settings).map((each) => each.expose());
    for (const hidden of ['https://slack.example/hidden', 'tk_hidden', 'hidden-key']) expect(secrets).toContain(hidden);
    expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toMatch(/hidden/);
  });

  test.each([
    [{ service: 'fax' }, 'has no service that Phoenix knows'],
    [{ service: 'slack' }, 'url is missing'],
    [{ service: 'slack', url: 'file:///etc/passwd' }, 'url cannot be used'],
    [{ service: 'slack', url: 'https://a:b@slack.example' }, 'url cannot be used'],
    [{ service: 'slack', url: 'https://slack.example', url_file: '/x' }, 'url is given twice'],
    [{ service: 'slack', url_file: '/not/there' }, 'url_file: cannot read /not/there'],
    [{ service: 'slack', url: 'https://slack.example', token: 'x' }, 'slack has no "token"'],
    [{ service: 'slack', url: 'https://slack.example', events: ['all'] }, '"all" is none of the events'],
    [{ service: 'email', server: 'smtp://m', from: 'p@x', to: ['a@x\nBcc: b@x'] }, 'to cannot be used'],
    [{ service: 'webhook', url: 'https://x', headers: { Host: 'y' } }, 'headers: "Host" cannot be sent'],
    [{ service: 'webhook', url: 'https://x', headers: { 'X-A': 'a\r\nb: c' } }, 'headers: "X-A" cannot be sent'],
  ])('%j is refused, with what is wrong', (channel, wrong) => {
    const { settings, problems } = one(channel);
    expect(settings).toBeNull();
    expect(problems.map(({ message, variable }) => `${variable} ${message}`)).toEqual([
      expect.stringMatching(/^PHOENIX_NOTIFY_FILE PHOENIX_NOTIFY_FILE: channel "ops"/),
    ]);
    expect(problems[0]?.message).toContain(wrong);
  });

  test.each(['{', '[]', '{}', '{"channels": {"Ops!": {}}}'])('%s names none', (text) => {
    expect(read({ ...least, PHOENIX_NOTIFY: text }).settings).toBeNull();
  });
});

test("traces go where OpenTelemetry's own variables say, and nowhere without them; headers are secrets", () => {
  expect(read(least).settings?.traces).toBeNull();
  const { settings } = read({
    ...least,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hidden, x-team=ops',
  });
  expect(settings?.traces).toMatchObject({ endpoint: 'http://collector.example:4318/', service: 'phoenix' });
  expect(settings?.traces?.headers['authorization']?.expose()).toBe('Bearer hidden');
  expect(settings === null ? [] : secretsOf(settings).map((each) => each.expose())).toContain('Bearer hidden');
  expect(inspect(settings, { depth: 9 })).not.toContain('hidden');
  for (const wrong of ['collector.example:4318', 'https://ann:hidden@collector.example']) {
    const refused = read({ ...least, OTEL_EXPORTER_OTLP_ENDPOINT: wrong });
    expect(refused.settings).toBeNull();
    expect(JSON.stringify(refused.problems)).not.toContain('hidden');
  }
  for (const wrong of ['authorization', 'a b=c', 'a=%0d%0aevil', 'a=%zz'])
    expect(read({ ...least, OTEL_EXPORTER_OTLP_HEADERS: wrong }).settings).toBeNull();
});

describe('the settings of the commands', () => {
  const none = () => {
    throw new Error('no file');
  };

  test('by default the agent on this machine is asked', () => {
    expect(readClientSettings({}, none)).toEqual({
      settings: { url: 'http://127.0.0.1:8080', token: null },
      problems: [],
    });
  });

  test.each([
    ['127.0.0.1:9090', 'http://127.0.0.1:9090'],
    ['[::]:9090', 'http://127.0.0.1:9090'],
    ['[fd00::1]:9090', 'http://[fd00::1]:9090'],
    ['0', 'http://127.0.0.1:8080'],
  ])('an agent that listens at %s is found there', (listen, url) => {
    expect(readClientSettings({ PHOENIX_LISTEN: listen }, none)).toMatchObject({ settings: { url }, problems: [] });
    const named = { PHOENIX_LISTEN: listen, PHOENIX_URL: 'https://phoenix.example.internal' };
    expect(readClientSettings(named, none).settings.url).toBe('https://phoenix.example.internal');
  });

  test('the token may lie in a file, and a slash at the end of the address does no harm', () => {
    const environment = { PHOENIX_URL: 'https://phoenix.example.internal/', PHOENIX_ADMIN_TOKEN_FILE: '/run/token' };
    const { settings } = readClientSettings(environment, () => 'the token\n');
    expect(settings.url).toBe('https://phoenix.example.internal');
    expect(settings.token?.expose()).toBe('the token');
  });

  test('what only the agent needs is not their problem', () => {
    expect(readClientSettings({ PHOENIX_WEBHOOK_SECRET_FILE: '/not/there' }, none).problems).toEqual([]);
    expect(readClientSettings({ PHOENIX_ADMIN_TOKEN_FILE: '/not/there' }, none).problems).toHaveLength(1);
    expect(readClientSettings({ PHOENIX_URL: 'localhost' }, none).problems).toEqual([
      expect.objectContaining({ variable: 'PHOENIX_URL', hint: 'for example http://127.0.0.1:8080' }),
    ]);
  });
});
