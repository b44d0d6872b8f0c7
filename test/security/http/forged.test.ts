// Deliveries with a valid signature and false content: with the webhook's secret one can make Phoenix fetch, and nothing else.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ForgeKind, guests, useTeam } from '../../support/agent/team.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

interface ForgedDelivery {
  readonly what: string;
  readonly event: string;
  readonly payload: object;
}

/** A press of a button is looked up at the forge for a minute, which is over by this agent's clock. */
const LATER = { now: () => new Date(Date.now() + 120_000) };

const team = useTeam();

function corpus(name: string): readonly ForgedDelivery[] {
  return JSON.parse(readFileSync(new URL(`forged/${name}.json`, import.meta.url), 'utf8'));
}

type Words = Readonly<Record<string, string | number>>;

/** A merged pull request that waits for approval to destroy 102, an open one that destroys 101, and a closed one. */
async function scene(forge: ForgeKind): Promise<Words> {
  await team.start(forge, forge === 'github app' ? { clock: LATER } : {});
  const { phoenix, propose, merge } = team;
  const { forge: lab } = phoenix;
  await phoenix.push(guests({ 101: {}, 102: {}, 103: {} }));
  const { number: closed } = await propose('closed', guests({ 101: {}, 103: {} }));
  await lab.closePull(closed);
  const { number: merged } = await propose('merged', guests({ 101: {}, 103: {} }));
  const commit = await merge(merged);
  expect(team.told(commit)).toMatch(/would destroy it/);
  const { number: open, head } = await propose('open', guests({ 103: {} }));
  const chat = await lab.comment(merged, 'Looks fine.', 'ada');
  const rewritten = await lab.comment(merged, 'Let me think.', 'ada');
  // What these say of themselves is lost on its way: only the forged ones arrive.
  lab.decideDeliveries(() => 'drop');
  await lab.editComment(rewritten.id, '/phoenix approve lxc/102', 'eve');
  const reader = await lab.comment(merged, '/phoenix approve lxc/102', 'eve');
  const foreign = await lab.comment(closed, '/phoenix approve lxc/102', 'ada');
  await team.heard();
  await until(async () => (await phoenix.ledger.nextReport()) === null, 'everything to be said');
  return {
    ...{ run: await team.run(), merge: commit, head, merged, open, closed },
    ...{ chat: chat.id, rewritten: rewritten.id, reader: reader.id, foreign: foreign.id },
  };
}

/** A placeholder that is the whole value is replaced by its value; others are inserted into the text. */
function filled(payload: object, words: Words): object {
  return JSON.parse(JSON.stringify(payload), (_, value: unknown) => {
    if (typeof value !== 'string') return value;
    const [, alone] = /^\{(\w+)\}$/.exec(value) ?? [];
    return alone === undefined ? value.replace(/\{(\w+)\}/g, (_all, word) => String(words[word])) : words[alone];
  });
}

describe.each(['github', 'github app', 'gitea', 'gitlab'] as const)('%s', (forge) => {
  test(
    'a delivery that the forge does not confirm changes no approval, policy or run, alone or with others',
    longUnless(forge === 'github'),
    async () => {
      const words = await scene(forge);
      const { phoenix } = team;
      const before = await team.state();
      const forged = corpus(forge === 'github app' ? 'github' : forge).map((each) => ({
        ...each,
        payload: filled(each.payload, words),
      }));
      for (const { what, event, payload } of forged) {
        expect([200, 202], what).toContain(await phoenix.forged(event, payload));
        await team.heard();
        expect(await team.state(), what).toEqual(before);
      }
      const sequences = fc.array(fc.constantFrom(...forged), { minLength: 2, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(sequences, async (some) => {
          for (const { event, payload } of some) await phoenix.forged(event, payload);
          await team.heard();
          expect(await team.state()).toEqual(before);
        }),
        { numRuns: 4 },
      );
    },
  );
});

test('a confirmed event counts once, under whatever delivery id it arrives', async () => {
  const words = await scene('github');
  const { phoenix } = team;
  const { forge: lab, ledger } = phoenix;
  lab.decideDeliveries(() => 'deliver');
  const replay = await lab.comment(Number(words['merged']), '/phoenix replay', 'ada');
  const replays = async () => (await ledger.runs(50)).filter(({ trigger }) => trigger === 'replay');
  await until(async () => (await replays()).length === 1, 'the replay');
  await team.heard();
  const sent = lab.deliveries().findLast(({ body }) => body.includes(`"id":${replay.id}`));
  const payload = JSON.parse(sent?.body ?? '{}');
  for (const id of ['again', 'and-again']) expect(await phoenix.forged('issue_comment', payload, { id })).toBe(202);
  await team.heard();
  expect(await replays()).toHaveLength(1);
});

test('a signed comment that is replayed as a form is not accepted', LONG_TEST, async () => {
  const words = await scene('github');
  const { phoenix } = team;
  const inner = corpus('github').find(({ what }) => what.startsWith('a reader'))?.payload ?? {};
  const text = `payload=${encodeURIComponent(JSON.stringify(filled(inner, words)))}`;
  const before = await team.state();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await phoenix.forged('issue_comment', {}, { body: text, headers })).toBe(400);
  await team.heard();
  expect(await team.state()).toEqual(before);
});
