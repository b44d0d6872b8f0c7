// What Phoenix itself needs and does not get: everybody can see since when and why, also after a restart, until it works.

import { expect, test } from 'vitest';
import { noteFault, noting } from '../../src/agent/faults.ts';
import type { FaultSubject } from '../../src/model/fault.ts';
import { useBoxAgent } from '../support/agent/box-agent.ts';
import { environment } from '../support/environment.ts';
import { LONG_TEST } from '../support/long.ts';
import { until } from '../support/until.ts';

const boxes = useBoxAgent();

const found = async (subject: FaultSubject) => (await boxes.phoenix.ledger.faults()).get(subject);
const reads = (subject: FaultSubject, text: string) =>
  until(async () => (await found(subject))?.why.includes(text) ?? false, `${subject} to say ${text}`);
const over = (subject: FaultSubject) => until(async () => (await found(subject)) === undefined, `${subject} to work`);

test('a repository that cannot be followed is known since when and why, across a restart, until it is followed', async () => {
  await reads('repository', 'has no branch main (the repository is empty); push it, or set PHOENIX_BRANCH');
  const begun = await found('repository');
  await boxes.phoenix.stopAgent();
  boxes.phoenix.forge.faults.git({ kind: 'answer', status: 401 });
  await boxes.phoenix.startAgent();
  await reads('repository', 'the token was refused (HTTP 401); PHOENIX_FORGE_TOKEN needs the right to read');
  const failing = await found('repository');
  expect(failing?.since).toBe(begun?.since);
  expect(failing?.why).not.toContain(boxes.phoenix.around.token);
  expect(await boxes.phoenix.agent().faults()).toEqual([
    { subject: 'repository', what: 'the repository cannot be followed', ...failing },
  ]);

  await boxes.phoenix.push(environment({ 101: {} }));
  await over('repository');
  boxes.phoenix.forge.faults.git({ kind: 'answer', status: 404 });
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  await reads('repository', 'no repository there, or the token may not see it (HTTP 404); check PHOENIX_REPO_URL');
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  await over('repository');
});

test('a forge that cannot be asked for pull requests is known until it answers', async () => {
  await boxes.phoenix.push(environment({ 101: {} }));
  let refuses = true;
  boxes.phoenix.forge.faults.decide(({ method }) =>
    refuses && method === 'GET' ? { kind: 'answer', status: 401, message: 'Bad credentials' } : undefined,
  );
  await boxes.phoenix.agent().delivered({ kind: 'pull' });
  await reads('forge', 'the forge refuses the token (HTTP 401: Bad credentials); renew PHOENIX_FORGE_TOKEN');
  refuses = false;
  await boxes.phoenix.agent().delivered({ kind: 'pull' });
  await over('forge');
});

test(
  'a refused delivery counts once a push was found by polling alone, and noise beside webhooks that work does not',
  LONG_TEST,
  async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    const noise = () =>
      boxes.phoenix.forged('push', {}, { headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } });
    expect(await noise()).toBe(401);
    await until(async () => (await boxes.phoenix.ledger.lastRefusal()) !== null, 'the refusal to be kept');
    await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    expect([await found('webhooks'), await boxes.phoenix.ledger.lastRefusal()]).toEqual([undefined, null]);

    // Each receiver keeps one a minute.
    await boxes.phoenix.ledger.noteRefusal({
      at: new Date().toISOString(),
      why: 'the signature is wrong; set the secret',
    });
    boxes.phoenix.forge.decideDeliveries(() => 'drop');
    await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 2048 } }));
    await boxes.phoenix.repo.push();
    await boxes.phoenix.agent().delivered({ kind: 'push' });
    await reads(
      'webhooks',
      'which was found by polling, and one was refused shortly before: the signature is wrong; set the',
    );
    boxes.phoenix.forge.decideDeliveries(() => 'deliver');
    await boxes.phoenix.push(environment({ 101: { memory_mb: 512 } }));
    await over('webhooks');
  },
);

test('work that fails unexpectedly is known with its reason and without secrets; stopped work is no fault', async () => {
  const { ledger } = boxes.phoenix;
  const context = { ledger, clock: { now: () => new Date('2026-01-02T03:04:05.000Z') } } as Parameters<
    typeof noting
  >[0];
  const running = new AbortController();
  const fail = async () => {
    throw new Error('https://ann:hunter2@git.example answered nothing');
  };
  await expect(noting(context, 'drift', running.signal, fail)).rejects.toThrow('answered nothing');
  const { since, why } = (await found('drift')) ?? {};
  expect([since, why]).toEqual([
    '2026-01-02T03:04:05.000Z',
    expect.stringMatching(/answered nothing; run phoenix doctor, /),
  ]);
  expect(why).not.toContain('hunter2');
  expect(await noting(context, 'drift', running.signal, async () => 7)).toBe(7);
  running.abort();
  await expect(noting(context, 'drift', running.signal, fail)).rejects.toThrow();
  expect(await found('drift')).toBeUndefined();
  // Another version may record what this one does not know.
  await noteFault(context, 'renamed' as FaultSubject, 'why');
  expect((await ledger.faults()).has('renamed' as FaultSubject)).toBe(false);
});
