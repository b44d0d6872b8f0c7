// Notification targets and matchers: the contract of managers, no secret in an argument, and refusals at their line.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareTargets } from '../../../../src/cli/host/compare.ts';
import { SecretUnavailable } from '../../../../src/ports/secret-unavailable.ts';
import { BUILT_IN_NOTIFICATIONS, NOTIFICATIONS_FILE } from '../../../../src/proxmox/notifications.ts';
import { PVESH_WITH_SECRETS, secretArguments } from '../../../../src/proxmox/secret-arguments.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const SECRETS = { first: 'hunter2-first', second: 'hunter2-second' };
const [FIRST, SECOND] = ['first', 'second'].map((name) => ({ $secret: `file:/etc/phoenix/secrets/${name}` }));
const PRIVATE = '/etc/pve/priv/notifications.cfg';
const COMMON_STATE = {
  state: async (host: LabHost) => [await host.readFile(NOTIFICATIONS_FILE), await host.readFile(PRIVATE)],
  secrets: [...Object.values(SECRETS), ...Object.values(SECRETS).map((value) => Buffer.from(value).toString('base64'))],
};

async function open(): Promise<LabHost> {
  const host = await openLabHost();
  for (const [name, value] of Object.entries(SECRETS)) await host.write(`/etc/phoenix/secrets/${name}`, value);
  await host.write(NOTIFICATIONS_FILE, 'sendmail: theirs\n\tcomment 100% ours: no\n\tmailto a@example.org\n\n');
  return host;
}

const targetOf = (id: string, field: string, name: string, options: object) =>
  targetNamed(id, { [field]: { [name]: options } });
const chat = (options: object) =>
  targetOf('webhook/chat', 'webhook_targets', 'chat', { method: 'post', url: 'https://x.example', ...options });
const phones = (options: object) =>
  targetOf('gotify/phones', 'gotify_targets', 'phones', { server: 'https://g.example', ...options });
const relay = (options: object) =>
  targetOf('smtp/relay', 'smtp_targets', 'relay', {
    ...{ server: 'mail.example', 'from-address': 'a@example.org', mailto: ['b@example.org'], ...options },
  });
const matcher = (name: string, options: object) =>
  targetNamed(`matcher/${name}`, { notification_matchers: { [name]: options } });

testContract(kindNamed('webhook'), [
  {
    ...COMMON_STATE,
    name: 'a webhook',
    open,
    target: chat({
      body: '{\n"a": "{{ title }}"\n}',
      header: ['A: b', 'C: d, e=f'],
      secret: { one: FIRST, two: SECOND },
    }),
    changed: chat({ header: ['C: d'], secret: { two: FIRST }, comment: 'One: two' }),
    foreign: {
      make: (host) => host.write(NOTIFICATIONS_FILE, 'webhook: chat\n\tmethod get\n\turl https://z.example\n\n'),
      state: (host) => host.readFile(NOTIFICATIONS_FILE),
      refused: 'is not ours; take it over with phoenix adopt webhook/chat',
    },
  },
]);

testContract(kindNamed('gotify'), [
  {
    ...COMMON_STATE,
    name: 'a Gotify server',
    open,
    target: phones({ token: FIRST }),
    changed: phones({ token: SECOND }),
  },
]);

testContract(kindNamed('smtp'), [
  {
    ...COMMON_STATE,
    name: 'a mail server',
    open,
    target: relay({ username: 'pve', password: FIRST, mode: 'starttls' }),
    changed: relay({ mailto: ['c@example.org', 'b@example.org'], disable: true }),
  },
]);

testContract(kindNamed('matcher'), [
  {
    ...COMMON_STATE,
    name: 'a matcher',
    open,
    target: matcher('night', { target: ['mail-to-root'], 'match-severity': ['error', 'warning'], mode: 'any' }),
    changed: matcher('night', { target: ['mail-to-root'], 'match-field': ['exact:type=vzdump'], disable: true }),
  },
]);

test('foreign sections stay unchanged, and built-in ones are never deleted', async () => {
  const host = await open();
  const kind = kindNamed('matcher');
  const target = matcher('default-matcher', { disable: true });
  expect(await convergeStep(kind, host, wanted(target))).toMatchObject({ outcome: 'done' });
  expect(await host.read(NOTIFICATIONS_FILE)).toContain('\tcomment 100% ours: no\n');
  expect(await convergeStep(kind, host, gone(target, { approved: true }))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, gone(target, { approved: true }))).toEqual({ outcome: 'done', actions: [] });
  const [, usual] = [...BUILT_IN_NOTIFICATIONS.values()];
  expect(await host.read(NOTIFICATIONS_FILE)).toContain(`\tcomment ${usual?.options['comment']?.[0]}\n`);
  await host.close();
});

test('a target that a matcher names is not deleted, and one that needs a token is not created without it', async () => {
  const host = await open();
  const kind = kindNamed('gotify');
  await convergeStep(kind, host, wanted(phones({ token: FIRST })));
  const theirs = `${await host.read(NOTIFICATIONS_FILE)}matcher: theirs\n\ttarget phones\n\n`;
  await host.write(NOTIFICATIONS_FILE, theirs);
  const away = await convergeStep(kind, host, gone(phones({ token: FIRST }), { approved: true }));
  expect(away).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('matcher theirs still names it') });
  await host.write(NOTIFICATIONS_FILE, '');
  const bare = await convergeStep(kind, host, wanted(phones({})));
  expect(bare).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('cannot be made without token') });
  await host.close();
});

test('a plan against the host reports a missing secret, and one that is not declared', async () => {
  const host = await open();
  const absent = () => Promise.reject(new SecretUnavailable('the secret is not there'));
  const compared = async (target: ReturnType<typeof phones>, on: LabHost) =>
    (await compareTargets(on, on, new Map([[target.id, target]])))[0];
  const [target, withoutSecret] = [phones({ token: FIRST }), { ...host, secretDigests: absent }];
  expect(await compared(target, host)).toMatchObject({ kind: 'differs', reason: null });
  expect(await compared(target, withoutSecret)).toMatchObject({ kind: 'differs', reason: 'the secret is not there' });
  expect(await compared(phones({}), host)).toMatchObject({ reason: expect.stringContaining('without token') });
  await convergeStep(kindNamed('gotify'), host, wanted(target));
  // Where nothing else differs, its reference is enough.
  expect(await compared(target, withoutSecret)).toMatchObject({ kind: 'same' });
  await host.close();
});

test('the script appends secrets to the arguments, and contains none itself', () => {
  expect(secretArguments('token', 'a b')).toEqual(['--token', 'a b']);
  expect(secretArguments('secret/one,secret/two', 'x\0y')).toEqual([
    ...['--secret', 'name=one,value=eA==', '--secret', 'name=two,value=eQ=='],
  ]);
  expect(PVESH_WITH_SECRETS).not.toContain('\n');
});

const PERL = spawnSync('perl', ['-e', '1']).status === 0;

test.skipIf(!PERL)(
  'the script does the same under the real Perl, and what it runs sees no secret among the words of the process',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-perl-'));
    const program = join(folder, 'pvesh');
    const told =
      'open my $f, "<", "/proc/$$/cmdline" or die; local $/; my $c = <$f>; print join("|", @ARGV), "\\n", $c =~ /hunter2/ ? "seen" : "unseen";';
    await writeFile(program, told);
    const script = PVESH_WITH_SECRETS.replace('/usr/bin/pvesh', program);
    const run = (names: string, input: string) =>
      spawnSync('perl', ['-e', script, names, 'create', '/path', '--name', 'x'], { input, encoding: 'utf8' });
    for (const [names, values] of [
      ['token', 'hunter2 "$x" ü'],
      ['base64url:data', 'hunter2=?>\n'],
      ['secret/one,secret/two', 'hunter2\0line\nbreak'],
    ] as const) {
      const { stdout, stderr } = run(names, values);
      const words = ['create', '/path', '--name', 'x', ...secretArguments(names, values)];
      expect([stdout, stderr]).toEqual([`${words.join('|')}\nunseen`, '']);
    }
    await rm(folder, { recursive: true, force: true });
  },
);

test.each([
  ['a mail to nobody', { sendmail_targets: { us: {} } }, { path: '/sendmail_targets/us/mailto' }],
  [
    'a target that nobody declares',
    { sendmail_targets: { people: { mailto: ['a@b.c'] } }, notification_matchers: { m: { target: ['peple'] } } },
    { code: 'INVALID_VALUE', path: '/notification_matchers/m' },
  ],
  [
    'a misspelt target',
    { sendmail_targets: { people: { mailto: ['a@b.c'] } }, notification_matchers: { mm: { target: ['peple'] } } },
    {
      code: 'UNKNOWN_REFERENCE',
      path: '/notification_matchers/mm/target/0',
      hint: expect.stringContaining('"people"'),
    },
  ],
  [
    'one name for two targets',
    {
      sendmail_targets: { people: { mailto: ['a@b.c'] } },
      gotify_targets: { people: { server: 'https://g.example' } },
    },
    { code: 'DUPLICATE_NAME', path: '/gotify_targets/people' },
  ],
  [
    'a severity that there is not',
    { notification_matchers: { mm: { 'match-severity': ['fatal'] } } },
    { path: '/notification_matchers/mm/match-severity' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
