// Signed commits where the policy requires them, end to end.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSignatures } from '../../../src/io/signatures/signatures.ts';
import { startBoxAgent, useBoxAgent } from '../../support/agent/box-agent.ts';
import { underPolicy } from '../../support/environment.ts';
import { type Signer, sshSigner } from '../../support/git/signers.ts';
import { LONG_TEST } from '../../support/long.ts';

let keys: string;
let ada: Signer;
let eve: Signer;

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'phoenix-keys-'));
  [ada, eve] = await Promise.all([sshSigner(keys, 'ada'), sshSigner(keys, 'eve')]);
});
afterAll(() => rm(keys, { recursive: true, force: true }));

const clock = { now: () => new Date() };
const boxes = useBoxAgent(async () => ({
  signatures: await openSignatures({ openpgp: [], ssh: [`ada@example.org ${ada.key}`] }, { clock }),
}));

describe('signatures', () => {
  test('a push that is not signed is refused and changes nothing; a signed one is applied', LONG_TEST, async () => {
    const signed = { signed_commits: 'head' };
    boxes.phoenix.repo.signWith(ada.git);
    const first = await boxes.phoenix.push(underPolicy({ 101: {} }, signed));
    expect(first.statuses['phoenix/apply']).toBe('success: applied 1 target');
    const done = (await boxes.host.commands()).length;

    boxes.phoenix.repo.signWith(null);
    const { commit, statuses } = await boxes.phoenix.push(
      underPolicy({ 101: { memory_mb: 1024 } }, { signed_commits: 'off' }),
    );
    expect(statuses).toEqual({
      'phoenix/apply': `failure: refused: ${commit.slice(0, 7)} is not signed; sign it and push again`,
    });
    expect(await boxes.phoenix.ledger.head()).toEqual({ commit, verdict: 'refused', base: first.commit });
    expect(await boxes.host.commands()).toHaveLength(done);
    const replayed = await boxes.phoenix.agent().replay({ commit, by: 'ann', rewind: true });
    await boxes.phoenix.reached(replayed, 'invalid');
    expect(await boxes.host.commands()).toHaveLength(done);

    boxes.phoenix.repo.signWith(eve.git);
    const strange = await boxes.phoenix.push(underPolicy({ 101: { memory_mb: 2048 } }, signed));
    expect(strange.statuses['phoenix/apply']).toMatch(
      /^failure: refused: [0-9a-f]{7} is signed with the ED25519 key SHA256:.*…[^;]*; sign it and push again$/,
    );

    boxes.phoenix.repo.signWith(ada.git);
    const { statuses: good } = await boxes.phoenix.push(underPolicy({ 101: { memory_mb: 1024 } }, signed));
    expect(good['phoenix/apply']).toBe('success: applied 1 target');
  });

  test('where all are to be signed, none of those in between is passed over', async () => {
    const all = { signed_commits: 'all' };
    boxes.phoenix.repo.signWith(ada.git);
    const { commit: base } = await boxes.phoenix.push(underPolicy({ 101: {} }, all));
    boxes.phoenix.repo.signWith(null);
    const between = await boxes.phoenix.repo.commit(underPolicy({ 101: { cores: 2 } }, all));
    boxes.phoenix.repo.signWith(ada.git);
    const { statuses } = await boxes.phoenix.push(underPolicy({ 101: { memory_mb: 1024 } }, all));
    expect(statuses['phoenix/apply']).toBe(
      `failure: refused: ${between.slice(0, 7)} is not signed; sign it and push again`,
    );
    await boxes.phoenix.repo.reset(base);
    await boxes.phoenix.repo.commit(underPolicy({ 101: { cores: 2 } }, all));
    const head = await boxes.phoenix.repo.commit(underPolicy({ 101: { memory_mb: 1024 } }, all));
    await boxes.phoenix.repo.push('--force');
    const { statuses: good } = await boxes.phoenix.answered(head);
    expect(good['phoenix/apply']).toBe('success: applied 1 target');
  });
});

test('an agent without keys says so', async () => {
  const bare = await startBoxAgent();
  try {
    const { statuses } = await bare.phoenix.push(underPolicy({ 101: {} }, { signed_commits: 'head' }));
    expect(statuses['phoenix/apply']).toMatch(
      /^failure: refused: the policy asks for signed commits.* set PHOENIX_SIGNING_KEYS$/,
    );
    expect(await bare.commands()).toEqual([]);
  } finally {
    await bare.close();
  }
});
